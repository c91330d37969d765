#include "cli/command_pages.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"

#include <azureml/version.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>

namespace azureml::cli {

namespace {

struct Variable {
  std::string_view name{}, meaning{};
};
constexpr Variable kVariables[] = {{"AZUREML_ENGINE_HOME", "Home of the engine, where no --home is given."},
                                   {"AZUREML_ENGINE_PROGRAM", "The azureml program that is started as the engine."},
                                   {"AZUREML_LOG_LEVEL", "trace, debug, info, warning (the default) or error: what is said on standard error."},
                                   {"NO_COLOR", "When set and not empty, nothing is coloured."}};

/// Takes one character of UTF-8 off the front; of what is none, a byte.
char32_t take_character(std::string_view& text) {
  auto const lead = static_cast<unsigned char>(text.front());
  std::size_t const size = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (size > text.size() || size == 1) return text.remove_prefix(1), lead;
  char32_t point = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return text.remove_prefix(size), point;
}

/// Text for troff: no line begins with a control character, backslashes and dashes are themselves, and all is ASCII.
std::string troff(std::string_view text) {
  std::string result;
  bool at_line_start = true;
  while (!text.empty()) {
    auto const c = take_character(text);
    if (at_line_start && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\') result += "\\e";
    else if (c == '-') result += "\\-";
    else if (c < 0x80) result += static_cast<char>(c);
    else {
      char name[16];
      std::snprintf(name, sizeof name, "\\[u%04X]", static_cast<unsigned>(c));
      result += name;
    }
    at_line_start = c == '\n';
  }
  return result;
}

/// Lines stay lines.
std::string paragraph(std::string_view text) { return ".nf\n" + troff(text) + "\n.fi\n"; }

std::string entry(std::string const& head, std::string_view body) { return ".TP\n" + head + '\n' + troff(body) + '\n'; }

std::string head_of(OptionPage const& option) {
  std::string text;
  for (auto const& name : option.names) text += (text.empty() ? "\\fB" : ", \\fB") + troff(name) + "\\fR";
  return option.value.empty() || option.is_positional ? text : text + " \\fI" + troff(option.value) + "\\fR";
}

std::string synopsis(CommandPage const& page) {
  auto text = "azureml " + page.name + " [OPTION...]";
  for (auto const& option : page.options) {
    if (!option.is_positional) continue;
    auto const name = (option.value.empty() ? option.names.front() : option.value) + (option.is_repeated ? "..." : "");
    text += option.is_required ? ' ' + name : " [" + name + ']';
  }
  return page.takes_rest ? text + " [-- WORD...]" : text;
}

std::string command_section(CommandPage const& page) {
  auto text = ".SS \"azureml " + troff(page.name) + "\"\n" + paragraph(page.description);
  if (!page.verbs.empty()) {
    for (auto const& verb : page.verbs) text += command_section(verb);
    return text;
  }
  text += ".PP\n\\fB" + troff(synopsis(page)) + "\\fR\n";
  for (auto const& option : page.options) text += entry(head_of(option), option.description.empty() ? option.names.front() : option.description);
  return text;
}

std::string manual(std::vector<CommandPage> const& pages) {
  auto text = ".TH AZUREML 1 \"\" \"azureml " + std::string(version()) + "\" \"User Commands\"\n" +
              ".SH NAME\nazureml \\- training runs on Azure Machine Learning, or on this machine\n" +
              ".SH SYNOPSIS\n\\fBazureml\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...]\n.br\n\\fBazureml\\fR \\fB\\-\\-help\\fR | \\fB\\-\\-version\\fR\n" +
              ".SH DESCRIPTION\nSubmits training scripts with all they need, follows their runs and brings back what they wrote.\n" +
              "Without another choice the runs are those of the engine of this machine, which is started when it is needed.\n.SH COMMANDS\n";
  for (auto const& page : pages) text += entry("\\fB" + troff(page.name) + "\\fR", page.summary);
  text += ".SH OPTIONS OF THE COMMANDS\n";
  for (auto const& page : pages) text += command_section(page);
  text += ".SH EXIT STATUS\n";
  for (auto const& [code, meaning] : exit_meanings()) text += entry("\\fB" + std::to_string(code) + "\\fR", meaning);
  text += ".SH ENVIRONMENT\n";
  for (auto const& [name, meaning] : kVariables) text += entry("\\fB" + std::string(name) + "\\fR", meaning);
  return text + ".SH FILES\n" + entry("\\fI~/.azureml/engine\\fR", "Home of the engine: runs, their files, the keys and config.json.");
}

}  // namespace

int run_man(Arguments const& arguments) {
  CLI::App app{"Print the manual page, for example to read it: azureml man | man -l -"};
  parse(app, arguments);
  write_out(manual(describe(all_commands())));
  return kSuccess;
}

}  // namespace azureml::cli
