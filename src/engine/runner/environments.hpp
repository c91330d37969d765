#pragma once
#include "base/unique_fd.hpp"
#include "engine/runner/conda_file.hpp"
#include "engine/runner/spawn.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace azureml::engine::runner {

struct EnvironmentRequest {
  std::filesystem::path environments{};      ///< The folder of all of them.
  std::string python{};                      ///< The configured interpreter.
  bool has_conda_file = false;               ///< False: the configured interpreter with the packages it has.
  std::string conda_file{};
  std::filesystem::path build_log{};         ///< Appended to when something is built or translated.
  std::vector<std::string> host_environment{};  ///< `NAME=value`; for the tools.
};

struct PreparedEnvironment {
  std::string key{};
  std::filesystem::path bin{};               ///< Goes first in PATH.
  bool built = false;                        ///< By this call; false: it was there.
  std::vector<std::string> notes{};
  base::UniqueFd in_use{};                   ///< A shared lock: while it is held nobody rebuilds the environment.
};

/// How an environment waits. Both throw when the run is to end, having ended what they waited for.
struct EnvironmentHost {
  std::function<int(SpawnRequest const&)> run_tool{};        ///< Returns the status as waitpid gives it.
  std::function<void(int fd, int operation)> wait_for_lock{};  ///< flock that may take long.
};

/// The name of an environment's folder: what it is made of, hashed.
std::string environment_key(PackageRequest const& packages, EnvironmentRequest const& request, std::string const& tool);

/// Finds or builds the environment, at its final path under a lock, `complete.json` last. Unpinned ones are built anew after seven days,
/// unless a run is using them. @throws RunFailure with code EnvironmentBuildFailed, EnvironmentPythonMissing and those of `read_conda_file`
PreparedEnvironment prepare_environment(EnvironmentRequest const& request, EnvironmentHost const& host);

/// The line of a tool's log that says what went wrong; empty: none found.
std::string first_error_line(std::string const& log);

}  // namespace azureml::engine::runner
