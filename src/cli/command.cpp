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

std::string group_help(std::string const& group, std::string_view summary, std::span<Command const> verbs) {
  std::string names, lines;
  std::size_t width = 0;
  for (auto const& verb : verbs) width = std::max(width, verb.name.size());
  for (auto const& verb : verbs) {
    names += (names.empty() ? "" : "|") + std::string(verb.name);
    lines += "  " + std::string(verb.name) + std::string(width + 2 - verb.name.size(), ' ') + std::string(verb.summary) + '\n';
  }
  return std::string(summary) + "\n\nusage: azureml " + group + ' ' + names + " [OPTION...]\n\n" + lines + "\n`azureml " + group +
         " VERB --help` lists the options.\n";
}

}  // namespace

int run_group(Arguments const& arguments, std::string_view summary, std::span<Command const> verbs) {
  auto const name = arguments.words.empty() ? std::string() : arguments.words.front();
  if (name.empty() && arguments.describe != nullptr) {
    CLI::App app{std::string(summary)};
    for (auto const& verb : verbs) app.add_subcommand(std::string(verb.name), std::string(verb.summary));
    parse(app, arguments);
  }
  auto const& group = arguments.command;
  if (name == "--help" || name == "-h") return write_out(group_help(group, summary, verbs)), 0;
  auto const verb = std::ranges::find(verbs, name, &Command::name);
  if (verb == verbs.end())
    throw UsageError((name.empty() ? "'azureml " + group + "' needs a verb" : "'azureml " + group + "' knows no '" + printable(name) + "'") +
                     "; `azureml " + group + " --help` lists them");
  auto inner = arguments;
  inner.words.erase(inner.words.begin());
  inner.command += ' ' + name;
  return verb->run(inner);
}

void parse(CLI::App& app, Arguments const& arguments, bool rest_allowed) {
  app.name("azureml " + arguments.command);
  auto const formatter = std::make_shared<PlainFormatter>();
  formatter->column_width(38);
  app.formatter(formatter);
  if (arguments.describe != nullptr) {
    (*arguments.describe)(app, rest_allowed);
    throw Described{};
  }
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
