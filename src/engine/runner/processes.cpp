#include "engine/runner/processes.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <memory>
#include <set>
#include <sstream>

namespace azureml::engine::runner {
namespace {

constexpr std::size_t kEnvironmentMax = 4 << 20;

/// The text of a file in /proc, empty when the process is gone or is somebody else's.
std::string read_proc(std::string const& path, std::size_t limit) {
  std::string text;
  base::UniqueFd const fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return text;
  char block[8192];
  while (text.size() < limit) {
    auto const count = ::read(fd.get(), block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(block, static_cast<std::size_t>(count));
  }
  return text;
}

bool environment_names(pid_t pid, std::string const& wanted) {
  auto const text = read_proc("/proc/" + std::to_string(pid) + "/environ", kEnvironmentMax);
  for (auto at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) {
    auto const end = at + wanted.size();
    if ((at == 0 || text[at - 1] == '\0') && (end == text.size() || text[end] == '\0')) return true;
  }
  return false;
}

std::vector<ProcessInfo> all_processes() {
  std::vector<ProcessInfo> result;
  std::unique_ptr<DIR, int (*)(DIR*)> const proc(::opendir("/proc"), ::closedir);
  if (!proc) return result;
  while (auto const* entry = ::readdir(proc.get())) {
    std::string_view const name = entry->d_name;
    pid_t pid = 0;
    auto const [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc{} || end != name.data() + name.size()) continue;
    if (auto const info = process_info(pid)) result.push_back(*info);
  }
  return result;
}

bool is_gone(ProcessInfo const& info) { return info.state == 'Z' || info.state == 'X'; }

/// Waits until one of the processes has ended or the time is up; true when one has.
bool wait_for_any(std::vector<pid_t> const& pids, std::chrono::steady_clock::time_point deadline) {
  std::vector<base::UniqueFd> fds;
  std::vector<pollfd> polls;
  for (auto const pid : pids) {
    auto fd = open_process(pid);
    if (!fd) return true;
    polls.push_back({fd.get(), POLLIN, 0});
    fds.push_back(std::move(fd));
    if (fds.size() == 256) break;  // the others are looked at in the next round
  }
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  if (left.count() <= 0) return false;
  return ::poll(polls.data(), polls.size(), static_cast<int>(std::min<std::int64_t>(left.count(), 60'000))) > 0;
}

/// True when no process of the scope is left before the deadline. With SIGKILL it is sent again in each round, to what has been born since.
bool wait_until_none(ProcessScope const& scope, int signal, std::chrono::steady_clock::time_point deadline) {
  std::set<pid_t> told;
  for (;;) {
    auto const pids = find_processes(scope);
    if (scope.descendants) no_children_left();
    if (pids.empty()) return true;
    for (auto const pid : pids)
      if (signal == SIGKILL || told.insert(pid).second) {
        ::kill(pid, signal);
        if (signal == SIGTERM) ::kill(pid, SIGCONT);  // a stopped process would not hear it
      }
    while (!wait_for_any(pids, deadline))
      if (std::chrono::steady_clock::now() >= deadline) return find_processes(scope).empty();
  }
}

}  // namespace

std::optional<ProcessInfo> process_info(pid_t pid) {
  auto const text = read_proc("/proc/" + std::to_string(pid) + "/stat", 4096);
  auto const name_end = text.rfind(')');  // the name may hold blanks and parentheses
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  ProcessInfo info{.pid = pid};
  fields >> info.state >> info.parent >> info.group;
  std::string skipped;
  for (int field = 6; field <= 21; ++field) fields >> skipped;
  fields >> info.start_time;
  if (!fields) return std::nullopt;
  return info;
}

std::string boot_id() {
  auto text = read_proc("/proc/sys/kernel/random/boot_id", 128);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

base::UniqueFd open_process(pid_t pid) { return base::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

std::vector<pid_t> find_processes(ProcessScope const& scope) {
  auto const processes = all_processes();
  auto const self = ::getpid();
  bool group_is_ours = false;
  std::map<pid_t, pid_t> parents;
  for (auto const& info : processes) {
    parents[info.pid] = info.parent;
    if (scope.group > 0 && info.pid == scope.group && info.start_time == scope.group_start_time) group_is_ours = true;
  }
  auto const descends = [&](pid_t pid) {
    for (std::size_t steps = 0; steps <= parents.size(); ++steps) {
      auto const found = parents.find(pid);
      if (found == parents.end()) return false;
      pid = found->second;
      if (pid == self) return true;
    }
    return false;
  };
  auto const wanted = "AZUREML_RUN_ID=" + scope.run_id;
  std::vector<pid_t> result;
  for (auto const& info : processes) {
    if (info.pid == self || is_gone(info)) continue;
    bool const ours = (group_is_ours && info.group == scope.group) || (scope.descendants && descends(info.pid)) ||
                      (!scope.run_id.empty() && environment_names(info.pid, wanted));
    if (ours) result.push_back(info.pid);
  }
  return result;
}

std::size_t signal_processes(ProcessScope const& scope, int signal) {
  auto const pids = find_processes(scope);
  for (auto const pid : pids) ::kill(pid, signal);
  return pids.size();
}

bool end_processes(ProcessScope const& scope, std::chrono::milliseconds grace, std::chrono::milliseconds patience) {
  auto const now = std::chrono::steady_clock::now();
  if (wait_until_none(scope, SIGTERM, now + grace)) return true;
  return wait_until_none(scope, SIGKILL, std::chrono::steady_clock::now() + patience);
}

bool no_children_left() {
  for (;;) {
    auto const pid = ::waitpid(-1, nullptr, WNOHANG);
    if (pid > 0 || (pid < 0 && errno == EINTR)) continue;
    return pid < 0;
  }
}

}  // namespace azureml::engine::runner
