#include "cli/command.hpp"

#include "cli/terminal.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace azureml::cli {

namespace {

/// Options with the kind of their value and nothing else: what they need or exclude is told by the error.
class PlainFormatter final : public CLI::Formatter {
 public:
  std::string make_option_opts(CLI::Option const* option) const override {
    auto kind = option->get_type_name();
    for (auto const* range : {":INT in ", ":FLOAT in "}) kind = kind.substr(0, kind.find(range));
    return kind.empty() ? "" : ' ' + kind;
  }
};

}  // namespace

void parse(CLI::App& app, Arguments const& arguments, bool rest_allowed) {
  app.name("azureml " + arguments.command);
  auto const formatter = std::make_shared<PlainFormatter>();
  formatter->column_width(38);
  app.formatter(formatter);
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
