#include "engine/runner/spawn.hpp"

#include "base/unique_fd.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

extern char** environ;

namespace azureml::engine::runner {
namespace {

/// What the child tells through the pipe; smaller than PIPE_BUF, so a write is whole.
struct Report {
  pid_t pid = 0;
  int error = 0;
  char step = ' ';  // p: the process id of a detached child, m: mounts, c: chdir, x: exec, f: the second fork
};

/// Everything the child needs, made before the fork: between fork and exec only async-signal-safe calls are allowed.
struct Plan {
  std::vector<std::string> candidates{};  // paths to try, in order
  std::vector<char*> argv{}, envp{};
  char const* directory = nullptr;
  MountPlan mounts{};
  int input = -1, output = -1, error = -1, report = -1;
  bool detached = false;
};

std::vector<std::string> find_candidates(SpawnRequest const& request) {
  if (request.program.find('/') != std::string::npos) return {request.program};
  std::string_view path = "/usr/local/bin:/usr/bin:/bin";
  for (auto const& entry : request.environment)
    if (entry.starts_with("PATH=")) path = std::string_view(entry).substr(5);
  std::vector<std::string> result;
  while (!path.empty()) {
    auto const end = path.find(':');
    auto const directory = path.substr(0, end);
    if (directory.starts_with('/')) result.push_back(std::string(directory) + "/" + request.program);
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end + 1);
  }
  return result;
}

[[noreturn]] void fail(int report, char step, int error) {
  Report const message{::getpid(), error, step};
  [[maybe_unused]] auto const ignored = ::write(report, &message, sizeof message);
  ::_exit(127);
}

/// Closes all descriptors from 3 on but `keep`.
void close_descriptors(int keep) {
#ifdef SYS_close_range
  bool closed = ::syscall(SYS_close_range, static_cast<unsigned>(keep) + 1U, ~0U, 0U) == 0;
  if (closed && keep > 3) closed = ::syscall(SYS_close_range, 3U, static_cast<unsigned>(keep) - 1U, 0U) == 0;
  if (closed) return;
#endif
  // Kernels before 5.9. The limit may be very high; it is the only answer that needs no allocation.
  struct rlimit limit {};
  long const end = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 1'048'576 ? static_cast<long>(limit.rlim_cur) : 1'048'576;
  for (int fd = 3; fd < end; ++fd)
    if (fd != keep) ::close(fd);
}

void reset_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void run_child(Plan const& plan) {
  ::setsid();
  if (plan.detached) {
    pid_t const child = ::fork();
    if (child < 0) fail(plan.report, 'f', errno);
    if (child > 0) {
      Report const message{child, 0, 'p'};
      [[maybe_unused]] auto const ignored = ::write(plan.report, &message, sizeof message);
      ::_exit(0);
    }
    ::setsid();
  }
  if (int const failure = plan.mounts.enter(); failure != 0) fail(plan.report, 'm', failure);
  // The report pipe moves out of the way of 0–2 (it may be one of them when the caller had them closed).
  int const report = ::fcntl(plan.report, F_DUPFD_CLOEXEC, 3);
  int const input = ::fcntl(plan.input, F_DUPFD_CLOEXEC, 3);
  int const output = ::fcntl(plan.output, F_DUPFD_CLOEXEC, 3);
  int const error = ::fcntl(plan.error, F_DUPFD_CLOEXEC, 3);
  if (report < 0 || input < 0 || output < 0 || error < 0) fail(plan.report, 'd', errno);
  if (::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(error, 2) < 0) fail(report, 'd', errno);
  close_descriptors(report);
  reset_signals();
  if (plan.directory != nullptr && ::chdir(plan.directory) != 0) fail(report, 'c', errno);
  int failure = ENOENT;
  for (auto const& path : plan.candidates) {
    ::execve(path.c_str(), plan.argv.data(), plan.envp.data());
    if (errno != ENOENT && errno != ENOTDIR) failure = errno;
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
  }
  fail(report, 'x', failure);
}

[[noreturn]] void throw_failure(SpawnRequest const& request, Report const& report) {
  std::string what = "cannot start '" + request.program + "'";
  if (report.step == 'm') what = "cannot mount the data for '" + request.program + "'";
  if (report.step == 'c') what = "cannot start '" + request.program + "' in '" + request.working_directory + "'";
  throw std::system_error(report.error, std::generic_category(), what);
}

/// Reads one report; false at the end of the pipe (exec has closed it).
bool read_report(int fd, Report& report) {
  for (;;) {
    auto const count = ::read(fd, &report, sizeof report);
    if (count < 0 && errno == EINTR) continue;
    return count == static_cast<ssize_t>(sizeof report);
  }
}

void wait_for(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::vector<char*> pointers(std::vector<std::string> const& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (auto const& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

}  // namespace

pid_t spawn(SpawnRequest const& request) {
  Plan plan;
  plan.candidates = find_candidates(request);
  plan.argv = pointers(request.arguments);
  plan.envp = pointers(request.environment);
  plan.directory = request.working_directory.empty() ? nullptr : request.working_directory.c_str();
  plan.mounts = MountPlan(request.mounts, request.mount_way);
  plan.detached = request.detached;
  auto const null = base::open_file("/dev/null", O_RDWR);
  plan.input = null.get();
  plan.output = request.standard_output >= 0 ? request.standard_output : null.get();
  plan.error = request.standard_error >= 0 ? request.standard_error : null.get();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "cannot start '" + request.program + "'");
  base::UniqueFd const reading(ends[0]);
  base::UniqueFd writing(ends[1]);
  plan.report = writing.get();

  // No handler of the host may run in the child before they are reset there.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t const first = ::fork();
  if (first == 0) run_child(plan);
  int const fork_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (first < 0) throw std::system_error(fork_error, std::generic_category(), "cannot start '" + request.program + "'");
  writing.reset();

  pid_t pid = first;
  Report report;
  while (read_report(reading.get(), report)) {
    if (report.step == 'p') {
      pid = report.pid;
      continue;
    }
    wait_for(first);
    throw_failure(request, report);
  }
  if (request.detached) {
    wait_for(first);
    if (pid == first) throw std::system_error(ECHILD, std::generic_category(), "cannot start '" + request.program + "'");
  }
  return pid;
}

std::vector<std::string> current_environment() {
  std::vector<std::string> result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) result.emplace_back(*entry);
  return result;
}

}  // namespace azureml::engine::runner
