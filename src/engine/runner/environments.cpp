#include "engine/runner/environments.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/redact.hpp"
#include "base/time.hpp"
#include "engine/runner/pip_configuration.hpp"
#include "engine/runner/run_failure.hpp"
#include "engine/runner/run_spec.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
constexpr int kFormat = 1;
constexpr std::chrono::hours kRefreshAfter{7 * 24};
constexpr std::size_t kLogLooked = 256 * 1024;

std::string find_program(std::string const& name, std::vector<std::string> const& environment) {
  for (auto const& entry : environment) {
    if (!entry.starts_with("PATH=")) continue;
    std::istringstream directories(entry.substr(5));
    for (std::string directory; std::getline(directories, directory, ':');)
      if (directory.starts_with('/') && ::access((directory + "/" + name).c_str(), X_OK) == 0) return directory + "/" + name;
  }
  return {};
}

/// The interpreter by path, size and time: asking it for its version would cost each run the start of a Python.
std::string interpreter_identity(std::string const& python) {
  std::error_code error;
  auto const real = fs::canonical(python, error);
  struct stat info {};
  if (error || ::stat(real.c_str(), &info) != 0)
    throw RunFailure({.code = "EnvironmentPythonMissing",
                      .message = "The configured python '" + python + "' does not exist; install it or configure another interpreter.",
                      .phase = "environment"});
  return python + "\n" + real.string() + "\n" + std::to_string(info.st_size) + "\n" + std::to_string(info.st_mtim.tv_sec);
}

/// Builds one environment in a folder that nobody else looks at (the caller holds its lock).
class Builder {
 public:
  Builder(EnvironmentRequest const& request, EnvironmentHost const& host, PackageRequest const& packages, std::string uv, fs::path directory)
      : request_(request), host_(host), packages_(packages), uv_(std::move(uv)), directory_(std::move(directory)) {
    fs::create_directories(request.build_log.parent_path());
    log_ = base::open_file(request.build_log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    pip_ = read_pip_configuration(request.host_environment);
    environment_ = uv_.empty() ? request.host_environment : with_uv_variables(request.host_environment, pip_);
    std::erase_if(environment_, [](std::string const& entry) {
      return entry.starts_with("PYTHONPATH=") || entry.starts_with("PYTHONHOME=") || entry.starts_with("VIRTUAL_ENV=");
    });
  }

  void build() {
    say("building the environment in " + directory_.string());
    for (auto const& note : packages_.notes) say(note);
    fs::create_directories(directory_ / "bin");
    if (!request_.has_conda_file) {
      wrap_configured_python();
    } else {
      make_virtual_environment();
      install();
    }
    say("the environment is complete");
  }

  std::string frozen() {
    if (packages_.requirements.empty()) return {};
    auto const file = directory_ / "frozen.txt";
    auto const out = base::open_file(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    auto const python = (directory_ / "bin/python").string();
    auto const status = uv_.empty() ? run({python, "-m", "pip", "freeze", "--all"}, out.get())
                                    : run({uv_, "pip", "freeze", "--python", python}, out.get());
    return status == 0 ? base::read_small_file(file) : std::string{};
  }

 private:
  void say(std::string const& text) { base::write_all(log_.get(), text + "\n", request_.build_log.string()); }

  int run(std::vector<std::string> arguments, int output = -1) {
    SpawnRequest spawn_request{.program = arguments.front(), .arguments = std::move(arguments), .environment = environment_};
    spawn_request.working_directory = directory_.string();
    spawn_request.standard_output = output >= 0 ? output : log_.get();
    spawn_request.standard_error = log_.get();
    return host_.run_tool(spawn_request);
  }

  void step(std::string const& what, std::vector<std::string> const& arguments) {
    int status = -1;
    try {
      status = run(arguments);
    } catch (std::system_error const& error) {
      fail(what, error.what());
    }
    if (status == 0) return;
    auto reason = first_error_line(tail_of(request_.build_log, kLogLooked));
    if (reason.empty()) reason = WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status)) : "ended by signal " + std::to_string(WTERMSIG(status));
    fail(what, reason);
  }

  [[noreturn]] void fail(std::string const& what, std::string const& reason) {
    throw RunFailure({.code = "EnvironmentBuildFailed",
                      .message = "The environment could not be built: " + what + " failed: " + base::redact_text(reason) +
                                 ". See log file 'azureml-logs/20_image_build_log.txt'.",
                      .phase = "environment",
                      .last_output = base::redact_text(tail_of(request_.build_log))});
  }

  /// Without a conda specification the packages are the configured interpreter's own, so it is called by its path: through a link
  /// an interpreter of a virtual environment would not find its packages.
  void wrap_configured_python() {
    if (request_.python.find_first_of("'\n") != std::string::npos) fail("naming the python", "its path holds a quote or a newline");
    for (auto const* name : {"python", "python3", "pip", "pip3"}) {
      auto const module = name[1] == 'i' ? std::string(" -m pip") : std::string();
      auto const file = base::open_file(directory_ / "bin" / name, O_WRONLY | O_CREAT | O_TRUNC, 0700);
      base::write_all(file.get(), "#!/bin/sh\nexec '" + request_.python + "'" + module + " \"$@\"\n", name);
    }
  }

  /// The version of an interpreter, asked once for each build.
  std::string version_of(std::string const& python) {
    auto const file = directory_ / "version.txt";
    {
      auto const out = base::open_file(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
      if (run({python, "-c", "import platform; print(platform.python_version())"}, out.get()) != 0) fail("asking '" + python + "' for its version", "it does not run");
    }
    auto text = base::read_small_file(file);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }

  void make_virtual_environment() {
    auto const version = packages_.python.empty() ? std::string{} : version_of(request_.python);
    if (packages_.python.empty() || meets(version, packages_.python)) {
      if (!uv_.empty()) {
        step("making the virtual environment", {uv_, "venv", "--allow-existing", "--no-project", "--python", request_.python, directory_.string()});
      } else {
        // pip takes seconds to be set up, so only who needs it pays.
        std::vector<std::string> arguments{request_.python, "-m", "venv", directory_.string()};
        if (packages_.requirements.empty()) arguments.insert(arguments.end() - 1, "--without-pip");
        step("making the virtual environment", arguments);
      }
      return;
    }
    auto wanted = packages_.python;
    if (wanted.starts_with("==") && wanted.ends_with(".*")) wanted = wanted.substr(2, wanted.size() - 4);
    say("the configured python is " + version + ", the specification asks for " + packages_.python);
    if (!uv_.empty() &&
        run({uv_, "venv", "--allow-existing", "--no-project", "--no-python-downloads", "--python", wanted, directory_.string()}) == 0)
      return;
    throw RunFailure({.code = "EnvironmentPythonMissing",
                      .message = "The environment asks for python " + packages_.python + ", but the configured python '" + request_.python + "' is " +
                                 version + (uv_.empty() ? " and uv, which could look for another one, is not installed" : " and uv found no other on this machine") +
                                 ". Install that python or drop the condition.",
                      .phase = "environment"});
  }

  void install() {
    if (packages_.requirements.empty()) return;
    auto const file = (directory_ / "requirements.txt").string();
    {
      auto const out = base::open_file(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
      for (auto const& line : packages_.requirements) base::write_all(out.get(), line + "\n", file);
    }
    auto const python = (directory_ / "bin/python").string();
    if (uv_.empty()) {
      step("installing the packages with pip", {python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "-r", file});
    } else {
      step("installing the packages with uv", {uv_, "pip", "install", "--python", python, "-r", file});
    }
  }

  EnvironmentRequest const& request_;
  EnvironmentHost const& host_;
  PackageRequest const& packages_;
  std::string uv_;
  fs::path directory_;
  base::UniqueFd log_{};
  PipConfiguration pip_{};
  std::vector<std::string> environment_{};
};

enum class State { missing, stale, ready };

State look_at(fs::path const& complete, PackageRequest const& packages) {
  struct stat info {};
  if (::stat(complete.c_str(), &info) != 0) return State::missing;
  if (packages.pinned || packages.requirements.empty()) return State::ready;
  auto const age = std::chrono::system_clock::now() - std::chrono::system_clock::from_time_t(info.st_mtim.tv_sec);
  return age > kRefreshAfter ? State::stale : State::ready;
}

void build(EnvironmentRequest const& request, EnvironmentHost const& host, PackageRequest const& packages, std::string const& uv,
           fs::path const& directory) {
  fs::remove_all(directory);
  Builder builder(request, host, packages, uv, directory);
  builder.build();
  nlohmann::json const complete{{"format", kFormat},
                                {"created", base::to_iso8601(std::chrono::system_clock::now())},
                                {"tool", uv.empty() ? "pip" : "uv"},
                                {"pinned", packages.pinned},
                                {"frozen", builder.frozen()}};
  replace_small_file(directory / "complete.json", complete.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

std::string environment_key(PackageRequest const& packages, EnvironmentRequest const& request, std::string const& tool) {
  auto requirements = packages.requirements;
  for (auto& line : requirements) {
    std::erase_if(line, [](char c) { return c == ' ' || c == '\t'; });
    // Names are compared as PyPI does; what follows the name (versions, URLs, markers) is kept as it is.
    auto const end = std::min(line.find_first_of("=<>!~[;@"), line.size());
    if (line.starts_with('-')) continue;
    auto name = base::to_lower_ascii(line.substr(0, end));
    std::replace_if(name.begin(), name.end(), [](char c) { return c == '_' || c == '.'; }, '-');
    line = name + line.substr(end);
  }
  std::sort(requirements.begin(), requirements.end());
  requirements.erase(std::unique(requirements.begin(), requirements.end()), requirements.end());
  struct utsname platform {};
  ::uname(&platform);
  nlohmann::json const parts{{"format", kFormat},
                             {"own", !request.has_conda_file},
                             {"requirements", requirements},
                             {"python", packages.python},
                             {"interpreter", interpreter_identity(request.python)},
                             {"platform", std::string(platform.sysname) + "-" + platform.machine},
                             {"tool", tool},
                             {"index", request.has_conda_file && !requirements.empty()
                                           ? index_identity(request.host_environment, read_pip_configuration(request.host_environment))
                                           : std::string{}}};
  return base::sha256_hex(parts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)).substr(0, 40);
}

PreparedEnvironment prepare_environment(EnvironmentRequest const& request, EnvironmentHost const& host) {
  PackageRequest const packages = request.has_conda_file ? read_conda_file(request.conda_file) : PackageRequest{};
  auto const uv = packages.requirements.empty() && packages.python.empty() ? std::string{} : find_program("uv", request.host_environment);
  PreparedEnvironment result;
  result.key = environment_key(packages, request, uv.empty() ? "pip" : "uv");
  result.notes = packages.notes;
  auto const directory = request.environments / result.key;
  result.bin = directory / "bin";
  fs::create_directories(request.environments);
  result.in_use = base::open_file(request.environments / (result.key + ".lock"), O_RDWR | O_CREAT, 0600);
  int const lock = result.in_use.get();
  host.wait_for_lock(lock, LOCK_SH);
  auto const complete = directory / "complete.json";
  // Somebody may build or rebuild between the two locks, so the state is looked at again after each.
  for (int round = 0; round < 16; ++round) {
    auto const state = look_at(complete, packages);
    if (state == State::ready) return result;
    if (state == State::missing) {
      host.wait_for_lock(lock, LOCK_EX);
    } else if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
      host.wait_for_lock(lock, LOCK_SH);  // in use: an old one is better than a broken one
      if (look_at(complete, packages) != State::missing) return result;
      continue;
    }
    if (look_at(complete, packages) != State::ready) {
      build(request, host, packages, uv, directory);
      result.built = true;
    }
    host.wait_for_lock(lock, LOCK_SH);
  }
  throw RunFailure({.code = "EnvironmentBuildFailed",
                    .message = "The environment '" + result.key + "' was removed again and again while it was being built; see who cleans '" +
                               request.environments.string() + "'.",
                    .phase = "environment"});
}

std::string first_error_line(std::string const& log) {
  std::istringstream lines(log);
  std::string first;
  bool block = false;
  int more = 0;
  for (std::string line; std::getline(lines, line);) {
    auto const begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos) {
      if (!first.empty()) break;
      continue;
    }
    auto const text = line.substr(begin);
    auto const lower = base::to_lower_ascii(text);
    if (first.empty()) {
      if (lower.starts_with("error:") || lower.starts_with("error ") || text.starts_with("×") || lower.starts_with("fatal") ||
          lower.find("error:") != std::string::npos)
        first = text;
      // uv says what in its first line and why in the next ones, in one of two forms.
      block = text.starts_with("×");
    } else {
      if (!block && !lower.starts_with("cause:")) break;
      first += " " + text;
      if (++more == 4) break;
    }
  }
  return first.substr(0, 600);
}

}  // namespace azureml::engine::runner
