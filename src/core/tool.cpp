#include "core/tool.hpp"

#include "base/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace azureml::core {
namespace {

using base::UniqueFd;
using Clock = std::chrono::steady_clock;

struct Pipe {
  UniqueFd read, write;
};

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// The caller's environment with ours laid over it, as pointers that live as long as the object.
class Variables {
 public:
  explicit Variables(std::vector<std::string> const& own) {
    for (char** entry = environ; *entry; ++entry) {
      std::string_view const text = *entry;
      auto const name = text.substr(0, text.find('=') + 1);
      bool hidden = false;
      for (auto const& variable : own) hidden = hidden || variable.starts_with(name);
      if (!hidden) pointers_.push_back(*entry);
    }
    for (auto const& variable : own) pointers_.push_back(const_cast<char*>(variable.c_str()));
    pointers_.push_back(nullptr);
  }
  [[nodiscard]] char* const* data() const { return pointers_.data(); }

 private:
  std::vector<char*> pointers_{};
};

/// What the child gets: /dev/null, the pipe, /dev/null; no other descriptor; default signals; a group of its own.
class SpawnPlan {
 public:
  explicit SpawnPlan(int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, 1);
    posix_spawn_file_actions_addopen(&actions_, 2, "/dev/null", O_WRONLY, 0);
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
    posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
#endif
#endif
    posix_spawnattr_init(&attributes_);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  SpawnPlan(SpawnPlan const&) = delete;
  SpawnPlan& operator=(SpawnPlan const&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// Waits until `fd` is readable. False when the time is up or a stop was asked.
bool wait_readable(int fd, int stop_fd, Clock::time_point deadline) {
  while (true) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    std::array<pollfd, 2> watched{pollfd{fd, POLLIN, 0}, pollfd{stop_fd, POLLIN, 0}};
    auto const count = poll(watched.data(), watched.size(), static_cast<int>(left) + 1);
    if (count < 0 && errno != EINTR) return false;
    if (count <= 0) continue;
    return watched[1].revents == 0;
  }
}

/// Reads to the end of the output. False when a limit or a stop ended it first.
bool read_output(int fd, int stop_fd, Clock::time_point deadline, std::size_t limit, ToolResult& result) {
  std::array<char, 4096> buffer;
  while (wait_readable(fd, stop_fd, deadline)) {
    auto const count = read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0;
    result.output.append(buffer.data(), static_cast<std::size_t>(count));
    if (result.output.size() > limit) {
      result.output.resize(limit);
      result.cut = true;
      return false;
    }
  }
  return false;
}

/// True when the child has ended by itself in time. Its status is left to be collected.
bool wait_exit(pid_t child, int stop_fd, Clock::time_point deadline) {
  UniqueFd const handle(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  if (!handle) return true;  // an old kernel: waitpid waits for it
  return wait_readable(handle.get(), stop_fd, deadline);
}

}  // namespace

ToolResult run_tool(std::vector<std::string> const& arguments, std::vector<std::string> const& variables,
                    ToolLimits const& limits, std::stop_token const& stop) {
  ToolResult result;
  auto output = make_pipe();
  UniqueFd const stop_event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_event) throw std::system_error(errno, std::generic_category(), "cannot make an event descriptor");
  std::stop_callback const on_stop(stop, [&stop_event] {
    std::uint64_t const one = 1;
    (void)!write(stop_event.get(), &one, sizeof one);
  });
  std::vector<char*> argv;
  for (auto const& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  SpawnPlan const plan(output.write.get());
  Variables const environment(variables);
  pid_t child = -1;
  if (posix_spawnp(&child, argv[0], &plan.actions_, &plan.attributes_, argv.data(), environment.data()) != 0)
    return result;
  result.started = true;
  output.write.reset();
  auto const deadline = Clock::now() + limits.time;
  bool const ended = read_output(output.read.get(), stop_event.get(), deadline, limits.output, result) &&
                     wait_exit(child, stop_event.get(), deadline);
  if (!ended) kill(-child, SIGKILL);
  int status = 0;
  pid_t collected = -1;
  do collected = waitpid(child, &status, 0);
  while (collected < 0 && errno == EINTR);
  // A program that ignores SIGCHLD has its children collected by the system: then the output has to do.
  bool const good = collected == child ? WIFEXITED(status) && WEXITSTATUS(status) == 0 : !result.output.empty();
  result.succeeded = ended && good;
  return result;
}

}  // namespace azureml::core
