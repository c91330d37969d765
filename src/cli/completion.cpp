#include "cli/completion.hpp"
#include "cli/command_pages.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"

#include <CLI/CLI.hpp>

namespace azureml::cli {

namespace {

constexpr std::string_view kHelp =
    "Print what makes a shell complete commands, options and their values.\n"
    "  bash: in ~/.bashrc      source <(azureml completion bash)\n"
    "  zsh:  in ~/.zshrc       source <(azureml completion zsh)     behind compinit\n"
    "  fish: in config.fish    azureml completion fish | source";

}  // namespace

/// Each command without verbs, and each verb.
std::vector<CommandPage const*> completed_pages(std::vector<CommandPage> const& pages) {
  std::vector<CommandPage const*> found;
  for (auto const& page : pages) {
    if (page.verbs.empty()) found.push_back(&page);
    for (auto const& verb : page.verbs) found.push_back(&verb);
  }
  return found;
}

int run_completion(Arguments const& arguments) {
  std::string shell;
  CLI::App app{std::string(kHelp)};
  app.add_option("shell", shell, "The shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}))->type_name("bash|zsh|fish");
  parse(app, arguments);
  auto const pages = describe(all_commands());
  write_out(shell == "bash" ? bash_completion(pages) : shell == "zsh" ? zsh_completion(pages) : fish_completion(pages));
  return kSuccess;
}

}  // namespace azureml::cli
