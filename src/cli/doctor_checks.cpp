#include "cli/doctor_checks.hpp"

#include "cli/terminal.hpp"

#include "base/encoding.hpp"
#include "base/time.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace azureml::cli {

namespace {

using Level = Finding::Level;
constexpr std::uint64_t kFreeMin = 1ULL << 30;
constexpr std::chrono::minutes kClockTolerance{5};

std::string octal(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode));
  return text;
}

/// A proxy's address without what may be a password in it.
std::string without_user(std::string_view address) {
  auto const scheme = address.find("://");
  auto const begin = scheme == address.npos ? 0 : scheme + 3;
  auto const at = address.substr(0, address.find_first_of("/?#", begin)).rfind('@');
  if (at == address.npos || at < begin) return std::string(address);
  return std::string(address.substr(0, begin)) + "…@" + std::string(address.substr(at + 1));
}

/// True when a `NO_PROXY` list leaves this machine's own address out.
bool spares_loopback(std::string_view list) {
  while (!list.empty()) {
    auto const end = std::min(list.find_first_of(", "), list.size());
    auto const entry = list.substr(0, end);
    if (entry == "*" || entry == "127.0.0.1" || entry == "127.0.0.0/8") return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace

Finding judge_home(engine::front::HomeFacts const& home, uid_t user) {
  Finding finding{.check = "home"};
  auto const quoted = shell_word(home.path.string());
  auto const other = "name another home with --home or AZUREML_ENGINE_HOME";
  auto const is = [&](Level level, std::string const& what, std::string remedy) {
    finding.level = level;
    finding.message = home.path.string() + what;
    finding.remedy = std::move(remedy);
    return finding;
  };
  if (!home.network.empty())
    return is(Level::error, " is on a network file system (" + home.network + "), where the engine's locks and its database are not safe",
              "name a directory on a local disk with --home or AZUREML_ENGINE_HOME, for example /var/tmp/azureml-" + std::to_string(user));
  if (!home.exists)
    return home.is_writable ? is(Level::ok, " does not exist yet; it is made when it is needed", {})
                            : is(Level::error, " does not exist, and the folder it would be made in cannot be written", other);
  if (!home.is_directory) return is(Level::error, " is not a directory", other);
  if (home.owner != user)
    return is(Level::error, " belongs to user " + std::to_string(home.owner) + ", not to you (" + std::to_string(user) + ")", other);
  if ((home.mode & 077) != 0 && !home.is_empty)
    return is(Level::error, " is open to other users (mode " + octal(home.mode) + "), and it holds keys", "chmod 700 " + quoted);
  if (!home.is_writable) return is(Level::error, " cannot be written", other);
  return is(Level::ok, " (mode " + octal(home.mode) + ", yours, on a local file system)", {});
}

Finding judge_space(engine::front::HomeFacts const& home) {
  Finding finding{.check = "space", .message = human_bytes(home.free_bytes) + " free for " + home.path.string()};
  if (home.free_bytes >= kFreeMin) return finding;
  finding.level = Level::error;
  finding.message += "; runs and their environments need more than 1 GiB";
  finding.remedy = "free some space there, or name a home on a larger disk with --home or AZUREML_ENGINE_HOME";
  return finding;
}

Finding judge_engine(engine::front::EngineStatus const& engine, std::string_view own_version, std::string const& home) {
  using State = engine::front::EngineStatus::State;
  Finding finding{.check = "engine"};
  auto const stop = "azureml engine stop --home " + shell_word(home);
  if (engine.state == State::stopped) {
    finding.message = "not running; it is started when it is needed";
    return finding;
  }
  finding.message = to_string(engine.state) + ", pid " + std::to_string(engine.pid);
  if (!engine.endpoint.empty()) finding.message += ", " + engine.endpoint;
  if (!engine.version.empty()) finding.message += ", version " + engine.version;
  if (engine.state == State::unresponsive) {
    finding.level = Level::error;
    finding.message += "; it does not answer";
    finding.remedy = "look at the end of engine.log in the home, then end it: " + stop;
  } else if (!engine.version.empty() && engine.version != own_version) {
    finding.level = Level::warning;
    finding.message += "; this program's is " + std::string(own_version);
    finding.remedy = "stop it, runs go on, and the next command starts one of this version: " + stop;
  }
  return finding;
}

Finding judge_tool(std::string check, ToolFacts const& tool, std::string_view purpose) {
  Finding finding{.check = std::move(check)};
  if (!tool.is_found) {
    finding.message = "not found; " + std::string(purpose);
  } else if (!tool.answered) {
    finding.level = Level::warning;
    finding.message = "found, but it does not tell its version";
    finding.remedy = "try it by hand and install it again if it is broken";
  } else {
    finding.message = tool.version;
  }
  return finding;
}

std::vector<Finding> judge_installers(ToolFacts const& uv, ToolFacts const& pip) {
  auto of_uv = judge_tool("uv", uv, pip.is_found ? "environments are made by venv and pip, which is slower" : "no environment can be made");
  auto of_pip = judge_tool("pip", pip, uv.is_found ? "uv makes the environments" : "no environment can be made");
  if (!uv.is_found && pip.is_found) {
    of_uv.level = Level::warning;
    of_uv.remedy = "python3 -m pip install --user uv";
  } else if (!uv.is_found && (!pip.is_found || !pip.answered)) {
    of_uv.level = of_pip.level = Level::error;
    of_uv.remedy = of_pip.remedy = "install uv, or python3-venv and python3-pip, with your package manager";
  }
  return {std::move(of_uv), std::move(of_pip)};
}

std::vector<Finding> judge_proxy(std::function<std::optional<std::string>(std::string const& name)> const& variable) {
  std::vector<Finding> findings;
  std::string set;
  // In the order in which most programs look; capitals and small letters are both in use.
  for (auto const* name : {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    if (auto const value = variable(name); value && !value->empty()) set += (set.empty() ? "" : ", ") + (name + ("=" + without_user(*value)));
  }
  Finding finding{.check = "proxy", .message = set.empty() ? "none" : set};
  auto const small = variable("no_proxy").value_or(""), capital = variable("NO_PROXY").value_or("");
  if (!set.empty() && !spares_loopback(small) && !spares_loopback(capital)) {
    finding.level = Level::warning;
    finding.message += "; other programs would ask it for the engine of this machine, too";
    finding.remedy = "export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost";
  }
  findings.push_back(std::move(finding));
  return findings;
}

Finding judge_clock(std::chrono::system_clock::time_point now, std::chrono::system_clock::time_point newest) {
  Finding finding{.check = "clock", .message = base::to_iso8601(now)};
  if (newest <= now + kClockTolerance) return finding;
  finding.level = Level::warning;
  finding.message += "; files of the engine or the program are from " + base::to_iso8601(newest) + ", which is still to come";
  finding.remedy = "set the clock, for example with timedatectl set-ntp true: tokens and signatures are bound to it";
  return finding;
}

}  // namespace azureml::cli
