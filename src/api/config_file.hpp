#pragma once
#include <azureml/workspace.hpp>

#include <filesystem>

namespace azureml::api {

/// Reads a workspace's `config.json`; see Workspace::from_config for where it is looked for. @throws ValidationError
WorkspaceInfo read_config(std::filesystem::path const& path);

}  // namespace azureml::api
