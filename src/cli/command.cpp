#include "cli/command.hpp"

#include "cli/terminal.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace azureml::cli {

void parse(CLI::App& app, Arguments const& arguments, bool rest_allowed) {
  app.name("azureml " + arguments.command);
  app.get_formatter()->column_width(36);
  if (arguments.rest && !rest_allowed)
    throw UsageError("'azureml " + arguments.command + "' takes nothing after --");
  auto words = arguments.words;
  std::reverse(words.begin(), words.end());  // CLI11 takes a vector from its end
  try {
    app.parse(std::move(words));
  } catch (CLI::CallForHelp const&) {
    write_out(app.help());
    throw;
  }
}

CLI::Option* add_repeated(CLI::App& app, std::string const& name, std::vector<std::string>& values, std::string const& description) {
  // Without allow_extra_args(false) the option would swallow the words after its value, and take a value in brackets apart.
  return app.add_option(name, values, description)->allow_extra_args(false);
}

}  // namespace azureml::cli
