#pragma once
#include "engine/front/home_check.hpp"
#include "engine/front/home_gc.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace azureml::engine::front {

/// What can be found out about the engine of a home from outside.
struct EngineStatus {
  enum class State { stopped, starting, running, leaving, unresponsive } state = State::stopped;
  pid_t pid = 0;
  std::string endpoint{}, version{}, token_file{};  ///< Of engine.json; empty while stopped or starting.
  std::optional<std::size_t> active_runs{}, connections{};
  std::optional<std::chrono::seconds> uptime{};
};

/// From engine.json, the lock and, when a process is there, its answer to `hello` and `status`. A stopped engine is no
/// error.
EngineStatus read_status(std::filesystem::path const& home);

/// Asks the engine's process to stop (SIGTERM) and waits until it has ended. False when none was running.
/// @throws std::runtime_error when it may not be signalled or does not end in time
bool stop_engine(std::filesystem::path const& home, std::chrono::milliseconds timeout = std::chrono::seconds{30});

/// The home's current token. @throws std::runtime_error when no engine runs for the home, or its token cannot be read
std::string read_token(std::filesystem::path const& home);

/// Looks a home over: a running engine is asked to, else it is done here, under the engine's lock. @param checksums read every stored file
/// @throws std::runtime_error when there is no home, or its engine does not answer
std::vector<Finding> check_engine_home(std::filesystem::path const& home, bool checksums);

/// Removes from a home what nothing refers to, or only lists it: as `check_engine_home`, by the engine or here.
std::vector<Garbage> collect_engine_garbage(std::filesystem::path const& home, bool dry_run, std::chrono::seconds age_min);

/// `running`, `stopped`, …
std::string to_string(EngineStatus::State state);

}  // namespace azureml::engine::front
