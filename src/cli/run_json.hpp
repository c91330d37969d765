#pragma once
#include <azureml/run.hpp>

#include <string>
#include <vector>

namespace azureml::cli {

/// The record of a run as one JSON object with a newline. Log files are names only: their addresses carry signatures.
std::string to_json_text(RunDetails const& details);
/// A JSON array of `{"run_id", "experiment_name", "status"}`.
std::string to_json_text(std::vector<Run> const& runs);

}  // namespace azureml::cli
