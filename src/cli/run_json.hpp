#pragma once
#include <azureml/run.hpp>

#include <map>
#include <string>
#include <vector>

namespace azureml::cli {

/// The record of a run as one JSON object with a newline. Log files are names only: their addresses carry signatures.
std::string to_json_text(RunDetails const& details);
/// The same with what the run is called and filed under.
std::string to_json_text(RunDetails const& details, RunInfo const& info);
/// Tags or properties as a JSON object.
std::string to_json_text(std::map<std::string, std::string> const& map);
/// A JSON array of `{"run_id", "experiment_name", "status"}`.
std::string to_json_text(std::vector<Run> const& runs);

}  // namespace azureml::cli
