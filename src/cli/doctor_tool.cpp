#include "cli/doctor_checks.hpp"
#include "cli/terminal.hpp"

#include "base/unique_fd.hpp"
#include "engine/runner/spawn.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace azureml::cli {

namespace {

using Time = std::chrono::steady_clock::time_point;
constexpr std::chrono::seconds kPatience{5};
constexpr std::size_t kAnswerMax = 4096;

/// Reads until the end, the time or the bound. False when it did not end in time.
bool read_answer(int fd, Time deadline, std::string& answer) {
  for (;;) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    auto const count = left <= 0 ? 0 : ::poll(&ready, 1, static_cast<int>(left));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    char block[512];
    auto const got = ::read(fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    if (answer.size() < kAnswerMax) answer.append(block, static_cast<std::size_t>(got));
  }
}

std::string first_line(std::string_view text) {
  auto const begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return {};
  text.remove_prefix(begin);
  return printable(text.substr(0, std::min(text.find_first_of("\r\n"), std::size_t{200})));
}

}  // namespace

ToolFacts look_for_tool(std::vector<std::string> const& words) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "cannot make a pipe for " + words.front());
  base::UniqueFd reading(ends[0]), writing(ends[1]);
  engine::runner::SpawnRequest const request{.program = words.front(),
                                             .arguments = words,
                                             .environment = engine::runner::current_environment(),
                                             .standard_output = writing.get(),
                                             .standard_error = writing.get()};
  pid_t child = 0;
  try {
    child = engine::runner::spawn(request);
  } catch (std::system_error const&) {
    return {};  // there is no such program, or none that can be started
  }
  writing.reset();
  ToolFacts facts{.is_found = true};
  bool const ended = read_answer(reading.get(), std::chrono::steady_clock::now() + kPatience, facts.version);
  if (!ended) ::kill(-child, SIGKILL);  // it has a process group of its own
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  facts.answered = ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  facts.version = first_line(facts.version);
  return facts;
}

}  // namespace azureml::cli
