#pragma once
#include "engine/runner/run_spec.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// The variables the script sees, as `NAME=value`, sorted. From the host only a harmless base (PATH, HOME, locale, proxies, certificates,
/// CUDA …), never its AZUREML_*; over it the engine's context and `data` (names and values of the run's data); over all the job's own. docs/engine-journal.md has the table.
std::vector<std::string> script_environment(RunSpec const& spec, std::vector<std::string> const& host,
                                            std::filesystem::path const& environment_bin, std::filesystem::path const& work,
                                            std::map<std::string, std::string> const& data = {});

/// The variables for a supervisor and the tools it starts: the host's without AZUREML_*, so that no run is taken for part of another.
std::vector<std::string> supervisor_environment(std::vector<std::string> const& host);

}  // namespace azureml::engine::runner
