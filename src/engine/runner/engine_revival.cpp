#include "engine/runner/engine_revival.hpp"

#include "engine/runner/processes.hpp"
#include "engine/runner/script_environment.hpp"
#include "engine/runner/spawn.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <system_error>
#include <utility>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kCommandMax = 256 << 10;
constexpr char kAttempts[] = "revived";  ///< When an engine was last started by a supervisor, in the home.

/// What engine.lock says: held by whom, and how the last one went.
struct Holder {
  bool held = false, leaving = false;
  pid_t pid = 0;
};

std::optional<Holder> holder_of(fs::path const& home) {
  base::UniqueFd const fd{::open((home / "engine.lock").c_str(), O_RDWR | O_CLOEXEC)};
  if (!fd) return std::nullopt;
  Holder holder{.held = ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0};
  char text[64] = {};
  auto const size = ::pread(fd.get(), text, sizeof text - 1, 0);
  std::string_view const line{text, size > 0 ? static_cast<std::size_t>(size) : 0U};
  (void)std::from_chars(line.data(), line.data() + line.size(), holder.pid);
  holder.leaving = line.find(" leaving") != std::string_view::npos;
  return holder;
}

/// As it was started; of a program that has the engine inside, what starts one beside it.
EngineCommand command_of(pid_t pid, fs::path const& home) {
  auto const process = fs::path("/proc") / std::to_string(pid);
  EngineCommand command;
  try {
    auto const text = base::read_small_file(process / "cmdline", kCommandMax);
    for (std::size_t begin = 0; begin < text.size();) {
      auto const end = std::min(text.find('\0', begin), text.size());
      command.arguments.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    std::error_code error;
    command.working_directory = fs::read_symlink(process / "cwd", error);
  } catch (std::exception const&) {
    command.arguments.clear();
  }
  auto const& words = command.arguments;
  if (words.size() < 3 || words[1] != "engine" || words[2] != "serve") command = {{"azureml", "engine", "serve", "--home", home.string()}, home};
  return command;
}

/// Reads the moment of the last start by any supervisor, as long as the machine has been up since; keeps others out while it lives.
class Attempts {
 public:
  explicit Attempts(fs::path const& home) : fd_(::open((home / kAttempts).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    owned_ = fd_ && ::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0;
  }
  [[nodiscard]] bool owned() const noexcept { return owned_; }
  [[nodiscard]] std::optional<EngineRevival::Time> last() const {
    char text[128] = {};
    auto const size = ::pread(fd_.get(), text, sizeof text - 1, 0);
    std::string_view const line{text, size > 0 ? static_cast<std::size_t>(size) : 0U};
    auto const blank = line.find(' ');
    if (blank == std::string_view::npos || line.substr(0, blank) != boot_id()) return std::nullopt;
    std::int64_t count = 0;
    if (std::from_chars(line.data() + blank + 1, line.data() + line.size(), count).ec != std::errc{}) return std::nullopt;
    return EngineRevival::Time{EngineRevival::Time::duration{count}};
  }
  void write(EngineRevival::Time now) const {
    auto const text = boot_id() + ' ' + std::to_string(now.time_since_epoch().count()) + '\n';
    if (::ftruncate(fd_.get(), 0) != 0 || ::pwrite(fd_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
      throw std::system_error(errno, std::generic_category(), "cannot note that an engine is started");
  }

 private:
  base::UniqueFd fd_;
  bool owned_ = false;
};

void drain(int fd) {
  std::array<char, 4096> bytes{};
  while (::read(fd, bytes.data(), bytes.size()) > 0) {
  }
}

std::string own_program() {
  std::error_code error;
  auto name = fs::read_symlink("/proc/self/exe", error).string();
  constexpr std::string_view kDeleted = " (deleted)";  // Replaced since: what is there now serves as well.
  if (name.ends_with(kDeleted)) name.resize(name.size() - kDeleted.size());
  return name;
}

}  // namespace

EngineRevival::EngineRevival(fs::path home, Start start) : home_(std::move(home)), start_(std::move(start)) {
  home_watch_.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  // engine.json is renamed into place when an engine is ready; nothing else here is renamed often.
  if (home_watch_ && ::inotify_add_watch(home_watch_.get(), home_.c_str(), IN_MOVED_TO | IN_ONLYDIR) < 0) home_watch_.reset();
  handle(std::chrono::steady_clock::now());
}

void EngineRevival::handle(Time now) noexcept {
  try {
    if (home_watch_) drain(home_watch_.get());
    look(now);
  } catch (std::exception const&) {
    due_ = now + kPause;
  }
}

void EngineRevival::look(Time now) {
  due_.reset();
  auto const holder = holder_of(home_);
  if (!holder || (!holder->held && (holder->pid <= 0 || holder->leaving))) {
    engine_.reset();  // There is none, and there is to be none.
    return;
  }
  if (!holder->held) {
    engine_.reset();
    start_if_due(now);
    return;
  }
  engine_ = holder->pid > 0 ? open_process(holder->pid) : base::UniqueFd{};
  if (!engine_) {
    // It has not written its pid yet, or has just ended.
    due_ = now + std::chrono::seconds{1};
    return;
  }
  command_ = command_of(holder->pid, home_);
}

void EngineRevival::start_if_due(Time now) {
  Attempts const attempts{home_};
  if (!attempts.owned()) {
    due_ = now + std::chrono::seconds{1};  // Another supervisor is at it.
    return;
  }
  auto const last = attempts.last();
  due_ = now + kPause;
  if (last && *last <= now && now < *last + kPause) {
    due_ = *last + kPause;
    return;
  }
  attempts.write(now);
  if (command_.arguments.empty()) command_ = {{"azureml", "engine", "serve", "--home", home_.string()}, home_};
  start_(command_);
}

void start_engine_apart(EngineCommand const& command) {
  auto const program = own_program();
  SpawnRequest const request{.program = program,
                             .arguments = command.arguments,
                             .environment = supervisor_environment(current_environment()),
                             .working_directory = command.working_directory.string(),
                             .detached = true};
  // A sibling: as a descendant the engine, and every supervisor it starts, would be taken for something the script has left. No thread
  // runs in a supervisor, so the copy may do whatever this process may.
  auto const sibling = ::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (sibling < 0) throw std::system_error(errno, std::generic_category(), "cannot make a process for the engine");
  if (sibling > 0) return;
  try {
    (void)spawn(request);
  } catch (std::exception const&) {
    // Whoever needs the engine starts one; a next supervisor tries again.
  }
  ::_exit(0);
}

}  // namespace azureml::engine::runner
