#include "api/local/start_program.hpp"

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace azureml::api {

namespace {

constexpr std::size_t kOutputMax = 16 << 10;

/// Only async-signal-safe calls: the parent may have threads.
[[noreturn]] void become(char const* program, char* const* argv, int output) {
  ::setsid();
  if (::fork() != 0) ::_exit(0);
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  for (int number = 1; number < 65; ++number) ::sigaction(number, &usual, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  int const nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  ::close_range(3, ~0U, 0);
  ::execv(program, argv);
  constexpr char kText[] = "the program cannot be executed\n";
  [[maybe_unused]] auto const written = ::write(2, kText, sizeof kText - 1);
  ::_exit(127);
}

}  // namespace

Started start_detached(std::filesystem::path const& program, std::vector<std::string> const& arguments, std::chrono::milliseconds timeout) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
  base::UniqueFd const reading(ends[0]);
  base::UniqueFd writing(ends[1]);
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (auto const& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  auto const child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "cannot start '" + program.string() + "'");
  if (child == 0) become(program.c_str(), argv.data(), writing.get());
  writing.reset();
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }

  Started started;
  auto const end = std::chrono::steady_clock::now() + timeout;
  while (started.output.size() < kOutputMax) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      started.timed_out = true;
      return started;
    }
    pollfd waiting{.fd = reading.get(), .events = POLLIN, .revents = 0};
    int const ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "cannot wait for '" + program.string() + "'");
    if (ready <= 0) continue;
    char buffer[4096];
    auto const got = ::read(reading.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    started.output.append(buffer, static_cast<std::size_t>(got));
    if (auto const newline = started.output.find('\n'); newline != std::string::npos && started.output.front() == '{') {
      started.first_line = started.output.substr(0, newline);
      break;
    }
  }
  return started;
}

}  // namespace azureml::api
