#include "engine/front/lifecycle.hpp"

#include "base/atomic_file.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace azureml::engine::front {

using json = nlohmann::json;

namespace {

constexpr std::chrono::seconds kLeavingTime{5};  ///< How long a leaving engine is waited for.
constexpr int kLookerTries = 10;                 ///< Somebody who only looks at the lock holds it for an instant.
constexpr std::chrono::milliseconds kLookerPause{10};
constexpr std::string_view kLeaving = " leaving";

LockHolder read_holder(int fd) {
  char text[64] = {};
  auto const size = ::pread(fd, text, sizeof text - 1, 0);
  LockHolder holder;
  std::string_view const line{text, size > 0 ? static_cast<std::size_t>(size) : 0U};
  (void)std::from_chars(line.data(), line.data() + line.size(), holder.pid);
  holder.leaving = line.find(kLeaving) != std::string_view::npos;
  return holder;
}

void write_holder(int fd, std::string const& text) {
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    throw std::system_error(errno, std::generic_category(), "cannot write engine.lock");
}

bool try_lock(int fd, int kind) {
  for (;;) {
    if (::flock(fd, kind | LOCK_NB) == 0) return true;
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "cannot lock");
  }
}

/// Waits until the process has ended, or the time is up.
void await_end(pid_t pid, std::chrono::milliseconds time) {
  base::UniqueFd const process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))};
  if (!process) return;
  pollfd waiting{.fd = process.get(), .events = POLLIN, .revents = 0};
  (void)::poll(&waiting, 1, static_cast<int>(time.count()));
}

bool is_alive(pid_t pid) {
  return pid > 0 && process_start_time(pid).has_value();
}

}  // namespace

EngineLock::EngineLock(store::Home const& home) {
  try {
    fd_ = base::open_file(home.engine_lock(), O_RDWR | O_CREAT, 0600);
    bool waited = false;
    for (int tries = 0; !try_lock(fd_.get(), LOCK_EX); ++tries) {
      auto const holder = read_holder(fd_.get());
      if (holder.leaving && holder.pid != ::getpid() && !waited) {
        waited = true;
        await_end(holder.pid, kLeavingTime);
      } else if (tries < kLookerTries && !is_alive(holder.pid)) {
        (void)::poll(nullptr, 0, static_cast<int>(kLookerPause.count()));
      } else {
        throw std::runtime_error("an engine is running for this home already (pid " + std::to_string(holder.pid) +
                                 ", home '" + home.root.string() +
                                 "'); use it, or stop it with: azureml engine stop --home '" + home.root.string() +
                                 "'");
      }
    }
    write_holder(fd_.get(), std::to_string(::getpid()) + '\n');
  } catch (std::system_error const& error) {
    throw std::runtime_error("cannot take the engine's lock in '" + home.root.string() + "': " + error.what());
  }
}

EngineLock::~EngineLock() {
  if (fd_) (void)::ftruncate(fd_.get(), 0);
}

void EngineLock::say_leaving() noexcept {
  try {
    write_holder(fd_.get(), std::to_string(::getpid()) + std::string{kLeaving} + '\n');
  } catch (std::exception const&) {
    // A successor then reports an engine that runs already, and is started again.
  }
}

std::optional<LockHolder> lock_holder(store::Home const& home) {
  base::UniqueFd const fd{::open(home.engine_lock().c_str(), O_RDWR | O_CLOEXEC)};
  if (!fd) return std::nullopt;
  if (try_lock(fd.get(), LOCK_SH)) return std::nullopt;
  return read_holder(fd.get());
}

bool EngineLock::is_of(store::Home const& home) const noexcept {
  struct stat named {
  }, held{};
  return ::stat(home.engine_lock().c_str(), &named) == 0 && ::fstat(fd_.get(), &held) == 0 &&
         named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

std::optional<base::UniqueFd> lock_out_attached(store::Home const& home) {
  auto fd = base::open_file(home.attached_lock(), O_RDWR | O_CREAT, 0600);
  if (!try_lock(fd.get(), LOCK_EX)) return std::nullopt;
  return fd;
}

void write_lease(store::Home const& home, Lease const& lease) {
  nlohmann::ordered_json const object{{"format", 1},
                                      {"version", lease.version},
                                      {"pid", lease.pid},
                                      {"boot_id", lease.boot_id},
                                      {"start_time", lease.start_time},
                                      {"port", lease.port},
                                      {"endpoint", lease.endpoint},
                                      {"tls_endpoint", nullptr},
                                      {"ca_file", nullptr},
                                      {"token_file", lease.token_file},
                                      {"home_id", lease.home_id}};
  base::write_file_atomically(home.engine_json(), object.dump(2, ' ', false, json::error_handler_t::replace) + '\n',
                              0600);
}

std::optional<Lease> read_lease(store::Home const& home) {
  try {
    auto const object = json::parse(base::read_small_file(home.engine_json(), 64 << 10));
    return Lease{.version = object.at("version").get<std::string>(),
                 .boot_id = object.at("boot_id").get<std::string>(),
                 .endpoint = object.at("endpoint").get<std::string>(),
                 .token_file = object.at("token_file").get<std::string>(),
                 .home_id = object.at("home_id").get<std::string>(),
                 .pid = object.at("pid").get<pid_t>(),
                 .start_time = object.at("start_time").get<std::uint64_t>(),
                 .port = object.at("port").get<std::uint16_t>()};
  } catch (std::exception const&) {
    return std::nullopt;
  }
}

void remove_lease(store::Home const& home) noexcept {
  (void)::unlink(home.engine_json().c_str());
}

std::string boot_id() {
  try {
    auto text = base::read_small_file("/proc/sys/kernel/random/boot_id", 256);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  } catch (std::exception const&) {
    return {};
  }
}

std::optional<std::uint64_t> process_start_time(pid_t pid) {
  try {
    auto const text = base::read_small_file("/proc/" + std::to_string(pid) + "/stat", 4096);
    // The name, in parentheses, may hold anything; the state is the third field, the start time the twenty-second.
    auto at = text.rfind(')');
    if (at == std::string::npos || at + 2 >= text.size() || text[at + 2] == 'Z') return std::nullopt;
    for (int field = 2; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
    if (at == std::string::npos) return std::nullopt;
    std::uint64_t value = 0;
    auto const* const begin = text.data() + at + 1;
    if (std::from_chars(begin, text.data() + text.size(), value).ec != std::errc{}) return std::nullopt;
    return value;
  } catch (std::exception const&) {
    return std::nullopt;
  }
}

std::string engine_version() {
  return AZUREML_ENGINE_VERSION;
}

}  // namespace azureml::engine::front
