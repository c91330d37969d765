#pragma once
#include "engine/runner/mounts.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace azureml::engine::runner {

/// How to start a program. argv and the environment are vectors: no shell takes part.
struct SpawnRequest {
  std::string program{};                     ///< A path, or a name looked up in PATH of `environment`.
  std::vector<std::string> arguments{};      ///< argv, the name itself first.
  std::vector<std::string> environment{};    ///< `NAME=value`, all of it.
  std::string working_directory{};           ///< Empty: the caller's.
  int standard_output = -1, standard_error = -1;  ///< -1: /dev/null. Standard input always is.
  std::vector<ReadOnlyMount> mounts{};       ///< That only this program and what it starts see; they end with the last of these.
  MountWay mount_way = MountWay::none;       ///< As `find_mount_way` says.
  bool detached = false;                     ///< Forked twice: the child is never the caller's own, who need not wait for it.
};

/// Starts the program in a session and process group of its own, with all descriptors but 0–2 closed, no signal blocked and all signal
/// handlers reset. Costs a fork. @returns the process id @throws std::system_error when it could not be started (of exec, too)
pid_t spawn(SpawnRequest const& request);

/// The environment of this process as `NAME=value`.
std::vector<std::string> current_environment();

}  // namespace azureml::engine::runner
