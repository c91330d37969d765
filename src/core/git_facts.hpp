#pragma once
#include <filesystem>
#include <map>
#include <stop_token>
#include <string>

namespace azureml::core {

/// `azureml.git.*` and `mlflow.source.git.*` of the folder's repository. The variables AZUREML_GIT_REPOSITORY_URI,
/// _BRANCH, _COMMIT, _DIRTY, _BUILD_ID and _BUILD_URI win over git, as in Python. Empty without a repository, without
/// git, and when the repository's address holds a password or token, since everybody in the workspace can read a run's
/// properties.
std::map<std::string, std::string> git_facts(std::filesystem::path const& folder, std::stop_token const& stop);

}  // namespace azureml::core
