#pragma once
#include <map>
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// Where the user's pip gets packages from: its variables and its configuration files. Values may hold credentials: never shown.
struct PipConfiguration {
  std::string index_url{}, extra_index_url{}, find_links{}, certificates{};
  bool no_index = false;
};

/// Reads PIP_* of `environment` (`NAME=value`) and, for what they leave open, pip's configuration files in pip's order.
PipConfiguration read_pip_configuration(std::vector<std::string> const& environment);
/// `environment` with uv's variables for the same places added where the user has not set them: uv reads nothing of pip's.
std::vector<std::string> with_uv_variables(std::vector<std::string> environment, PipConfiguration const& pip);
/// Everything that decides where packages come from, for the key of an environment.
std::string index_identity(std::vector<std::string> const& environment, PipConfiguration const& pip);

}  // namespace azureml::engine::runner
