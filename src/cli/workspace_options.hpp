#pragma once
#include <azureml/workspace.hpp>

#include <filesystem>
#include <string>

namespace CLI {
class App;
}

namespace azureml::cli {

/// Which workspace a subcommand works with: the engine of a home, or one of the service.
struct WorkspaceChoice {
  std::filesystem::path home{}, config{}, token_file{};
  std::string token_variable{};
  bool verbose = false;
  [[nodiscard]] bool is_service() const { return !config.empty(); }
};

void add_workspace_options(CLI::App& app, WorkspaceChoice& choice);
/// @throws EngineError, ValidationError, UsageError
Workspace open_workspace(WorkspaceChoice const& choice);
/// How the same workspace is chosen on another command line, with a leading space; empty for the default.
std::string repeat_choice(WorkspaceChoice const& choice);

/// The running `azureml` program. @throws std::runtime_error when the system does not tell
std::filesystem::path this_program();

}  // namespace azureml::cli
