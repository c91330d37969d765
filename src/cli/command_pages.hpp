#pragma once
#include "cli/command.hpp"

#include <span>
#include <string>
#include <vector>

namespace azureml::cli {

/// An option or a positional word of a command, as its parser has it.
struct OptionPage {
  std::vector<std::string> names{};  ///< `-o`, `--output`; one name without dashes for a positional word.
  std::string value{};               ///< Kind of the value: `DIR`, `git|service`; empty for a flag.
  std::string description{}, group{};
  bool is_positional = false, is_required = false, is_repeated = false;
  /// The words it can be, when these are all.
  [[nodiscard]] std::vector<std::string> choices() const;
  [[nodiscard]] bool takes_folder() const { return value == "DIR" || value == "FOLDER"; }
  [[nodiscard]] bool takes_file() const { return value == "FILE" || value == "PATH"; }
};

/// A command or verb.
struct CommandPage {
  std::string name{};  ///< `engine serve`
  std::string summary{}, description{};
  std::vector<OptionPage> options{};
  std::vector<CommandPage> verbs{};
  bool takes_rest = false;  ///< Words after a bare `--`.
};

/// What the commands' own parsers say about themselves; nothing is run.
std::vector<CommandPage> describe(std::span<Command const> commands);

}  // namespace azureml::cli
