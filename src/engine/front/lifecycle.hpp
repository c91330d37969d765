#pragma once
#include "base/unique_fd.hpp"
#include "engine/store/home.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace azureml::engine::front {

/// Makes the engine of a home single: `engine.lock`, held by flock for as long as the object lives, with the pid as
/// text in it.
class EngineLock {
 public:
  /// A holder that is leaving is waited for, any other is an error. @throws std::runtime_error naming the holder's pid
  explicit EngineLock(store::Home const& home);
  ~EngineLock();
  EngineLock(EngineLock const&) = delete;
  EngineLock& operator=(EngineLock const&) = delete;
  /// Tells a successor that it is worth waiting.
  void say_leaving() noexcept;
  /// The lock is still what the home's engine.lock is: false when the home was removed or made anew.
  [[nodiscard]] bool is_of(store::Home const& home) const noexcept;

 private:
  base::UniqueFd fd_;
};

/// Who holds a home's engine.lock.
struct LockHolder {
  pid_t pid = 0;  ///< 0: it has not written it yet.
  bool leaving = false;
};
/// Nothing when the lock is free. Looks without keeping others out for longer than a system call.
std::optional<LockHolder> lock_holder(store::Home const& home);

/// The exclusive lock on `attached.lock`, which every attached program holds shared; nothing while there is one.
std::optional<base::UniqueFd> lock_out_attached(store::Home const& home);

/// What engine.json says.
struct Lease {
  std::string version{}, boot_id{}, endpoint{}, token_file{}, home_id{};
  pid_t pid = 0;
  std::uint64_t start_time = 0;  ///< Of the process, in clock ticks since the machine's start.
  std::uint16_t port = 0;
};
/// Puts engine.json in place, mode 0600. @throws std::exception
void write_lease(store::Home const& home, Lease const& lease);
/// Nothing when there is no readable engine.json.
std::optional<Lease> read_lease(store::Home const& home);
void remove_lease(store::Home const& home) noexcept;

std::string boot_id();
/// Of a process; nothing when there is none. A pid is the same process only while this is the same.
std::optional<std::uint64_t> process_start_time(pid_t pid);
/// `pid 123 (name)` of the process that listens on a loopback port, as far as the system lets us see.
std::optional<std::string> port_holder(std::uint16_t port);

/// The version of this engine, as in `azureml --version`.
std::string engine_version();

}  // namespace azureml::engine::front
