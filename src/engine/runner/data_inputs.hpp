#pragma once
#include "engine/runner/run_paths.hpp"
#include "engine/runner/run_spec.hpp"
#include "engine/runner/spawn.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// What a script is given in place of the names of its data, and what its process needs for it.
struct PreparedData {
  std::map<std::string, std::string> inputs{}, outputs{};  ///< By name: a path, or the address itself.
  std::vector<ReadOnlyMount> mounts{};
  MountWay mount_way = MountWay::none;
  std::string way{};  ///< "mounted", "copied"; empty: nothing was to be mounted.
  std::vector<std::string> notes{};
};

/// How preparing waits. All may throw when the run is to end.
struct DataHost {
  std::function<int(SpawnRequest const&)> run_tool{};         ///< Returns the status as waitpid gives it.
  std::function<void()> check{};                              ///< Asked again and again while something is copied.
  std::function<void(std::string const& detail)> progress{};  ///< Before something that may take long.
};

/// Copies, fetches or makes ready to mount the inputs, and makes the folders of the outputs, all in `paths.data()`.
/// Where mounts are not permitted the inputs are copied instead, and a note says so. @throws RunFailure, phase
/// preparing
PreparedData prepare_data(RunSpec const& spec, RunPaths const& paths, std::vector<std::string> const& environment,
                          DataHost const& host);

}  // namespace azureml::engine::runner
