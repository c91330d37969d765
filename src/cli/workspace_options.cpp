#include "cli/workspace_options.hpp"
#include "cli/command.hpp"
#include "cli/terminal.hpp"

#include <azureml/version.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <system_error>

namespace azureml::cli {

namespace {

constexpr std::string_view kLevels[] = {"trace", "debug", "info", "warning", "error"};

std::optional<LogLevel> level_named(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kLevels); ++i)
    if (kLevels[i] == name) return static_cast<LogLevel>(i);
  return std::nullopt;
}

LogLevel log_level(bool verbose) {
  if (verbose) return LogLevel::debug;
  auto const* const name = std::getenv("AZUREML_LOG_LEVEL");
  if (name == nullptr || *name == '\0') return LogLevel::warning;
  if (auto const level = level_named(name)) return *level;
  throw UsageError("AZUREML_LOG_LEVEL is '" + std::string(name) + "'; it can be trace, debug, info, warning or error");
}

void print_record(LogRecord const& record) {
  auto const level = kLevels[static_cast<std::size_t>(record.level)];
  auto const text = "azureml: " + std::string(level) + ": " + std::string(record.component) + ": " + printable(record.message) + '\n';
  std::fwrite(text.data(), 1, text.size(), stderr);
}

Credential credential(WorkspaceChoice const& choice) {
  if (!choice.token_variable.empty()) return Credential::from_token(Secret::from_env(choice.token_variable));
  if (!choice.token_file.empty()) return Credential::from_token(Secret::from_file(choice.token_file));
  throw UsageError("a workspace of the service needs a token: give --token-env NAME or --token-file FILE, for example of "
                   "`az account get-access-token --query accessToken -o tsv`");
}

}  // namespace

void add_workspace_options(CLI::App& app, WorkspaceChoice& choice) {
  app.option_defaults()->group("Workspace");
  auto* const home = app.add_option("--home", choice.home, "Home of the engine (default: AZUREML_ENGINE_HOME, else ~/.azureml/engine)")->type_name("DIR");
  auto* const config = app.add_option("--workspace-config", choice.config, "Instead of the engine: a workspace on Azure, its config.json or a folder with it")
                           ->excludes(home)->type_name("PATH");
  auto* const variable = app.add_option("--token-env", choice.token_variable, "Environment variable with a token for Azure")->needs(config)->type_name("NAME");
  app.add_option("--token-file", choice.token_file, "File with a token for Azure; read anew when needed")->needs(config)->excludes(variable)->type_name("FILE");
  app.add_flag("-v,--verbose", choice.verbose, "Show the requests that are sent, on standard error");
}

Workspace open_workspace(WorkspaceChoice const& choice) {
  WorkspaceOptions options{.on_log_record = print_record, .log_level = log_level(choice.verbose)};
  options.application_id = "azureml-cli/" + std::string(version());
  if (choice.is_service()) {
    options.credential = credential(choice);
    return Workspace::from_config(choice.config, options);
  }
  LocalOptions local{.home = choice.home};
  // This program is the engine too, so it is never one of another version, unless somebody says so.
  if (std::getenv("AZUREML_ENGINE_PROGRAM") == nullptr) local.engine_program = this_program();
  return Workspace::local(local, options);
}

std::string repeat_choice(WorkspaceChoice const& choice) {
  std::string text;
  if (!choice.home.empty()) text += " --home " + shell_word(choice.home.string());
  if (!choice.config.empty()) text += " --workspace-config " + shell_word(choice.config.string());
  if (!choice.token_variable.empty()) text += " --token-env " + shell_word(choice.token_variable);
  if (!choice.token_file.empty()) text += " --token-file " + shell_word(choice.token_file.string());
  return text;
}

std::filesystem::path this_program() {
  std::error_code error;
  auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) throw std::system_error(error, "cannot find the path of this program in /proc/self/exe");
  return path;
}

}  // namespace azureml::cli
