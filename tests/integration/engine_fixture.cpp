#include "integration/engine_fixture.hpp"

#include "support/read_file.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <optional>
#include <thread>

namespace azureml::test {

namespace fs = std::filesystem;

namespace {

template <class Visit>
void each_process(Visit const& visit) {
  for (auto const& entry : fs::directory_iterator("/proc", fs::directory_options::skip_permission_denied)) {
    auto const name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos) visit(static_cast<pid_t>(std::stol(name)), entry.path());
  }
}

/// The parent of a process that lives: none of a zombie, or of one that has gone.
std::optional<pid_t> parent_of_living(fs::path const& process) {
  auto const stat = read_file(process / "stat");
  auto const end = stat.rfind(") ");
  if (end == std::string::npos || stat[end + 2] == 'Z') return std::nullopt;
  return std::atoi(stat.c_str() + end + 4);
}

}  // namespace

bool eventually(std::function<bool()> const& condition, std::chrono::seconds bound) {
  auto const end = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

std::vector<pid_t> processes_of(std::string const& run_id) {
  auto const mark = '\0' + ("AZUREML_RUN_ID=" + run_id) + '\0';
  std::vector<pid_t> found;
  each_process([&](pid_t pid, fs::path const& process) {
    if (('\0' + read_file(process / "environ")).find(mark) != std::string::npos && parent_of_living(process)) found.push_back(pid);
  });
  return found;
}

pid_t supervisor_of(std::string const& run_id) {
  std::map<pid_t, pid_t> found;  // and their parents
  each_process([&](pid_t pid, fs::path const& process) {
    auto const command = read_file(process / "cmdline");
    if (command.find(std::string("\0supervise\0", 11)) == std::string::npos || command.find(run_id) == std::string::npos) return;
    if (auto const parent = parent_of_living(process)) found[pid] = *parent;
  });
  // What a supervisor is about to start has its name until it executes.
  for (auto const& [pid, parent] : found) {
    if (!found.contains(parent)) return pid;
  }
  return 0;
}

// A supervisor that is left for a moment starts a killed engine again, so it takes as many looks as find something.
void end_processes_of(fs::path const& directory) {
  auto const self = ::getpid();
  bool found = true;
  for (int looks = 0; found && looks < 10; ++looks) {
    found = false;
    each_process([&](pid_t pid, fs::path const& process) {
      auto const words = read_file(process / "cmdline") + read_file(process / "environ");
      if (pid == self || words.find(directory.string()) == std::string::npos) return;
      found = true;
      ::kill(pid, SIGKILL);
      eventually([pid] { return ::kill(pid, 0) != 0; }, std::chrono::seconds(10));
    });
  }
}

EngineTest::EngineTest() {
  fs::create_directories(home());
  fs::permissions(home(), fs::perms::owner_all);
  write("home/config.json", R"({"cpus": 1})");
  ::setenv("XDG_CACHE_HOME", (directory_.path() / "cache").c_str(), 1);  // what the client remembers between calls
}

EngineTest::~EngineTest() {
  end_processes_of(directory_.path());
}

Estimator EngineTest::script(std::string_view python) const {
  write("source/train.py", python);
  return {.source_directory = source(), .compute_target = "local", .entry_script = "train.py"};
}

pid_t EngineTest::engine_pid() const {
  auto const json = nlohmann::json::parse(read_file(home() / "engine.json"), nullptr, false);
  return json.is_object() ? json.value("pid", 0) : 0;
}

int EngineTest::engine_port() const {
  auto const json = nlohmann::json::parse(read_file(home() / "engine.json"), nullptr, false);
  return json.is_object() ? json.value("port", 0) : 0;
}

std::string EngineTest::log_of(azureml::Run const& run) {
  std::string text;
  run.follow_logs([&](LogChunk const& chunk) { text += chunk.text; });
  return text;
}

std::string EngineTest::text_of(fs::path const& file) { return read_file(file); }

}  // namespace azureml::test
