#pragma once
#include "cli/command_pages.hpp"

#include <string>
#include <vector>

namespace azureml::cli {

/// Scripts that a shell sources. They are made of the commands' own parsers and start nothing when a key is pressed.
std::string bash_completion(std::vector<CommandPage> const& pages);
std::string zsh_completion(std::vector<CommandPage> const& pages);
std::string fish_completion(std::vector<CommandPage> const& pages);

/// What options are completed for: each command without verbs, and each verb.
std::vector<CommandPage const*> completed_pages(std::vector<CommandPage> const& pages);

}  // namespace azureml::cli
