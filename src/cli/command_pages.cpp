#include "cli/command_pages.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace azureml::cli {

namespace {

/// CLI11 puts the bounds of a number, or the members of a set, behind the kind.
std::string kind_of(CLI::Option const& option) {
  if (option.get_items_expected_max() == 0) return {};
  auto const text = option.get_type_name();
  return text.substr(0, text.find(':'));
}

OptionPage page_of(CLI::Option const& option) {
  OptionPage page{.value = kind_of(option), .description = option.get_description(), .group = option.get_group()};
  page.is_positional = option.get_positional() && option.get_snames().empty() && option.get_lnames().empty();
  page.is_required = option.get_required();
  page.is_repeated = option.get_items_expected_max() > 1;
  if (page.is_positional) page.names.push_back(option.get_name(true));
  for (auto const& name : option.get_snames()) page.names.push_back('-' + name);
  for (auto const& name : option.get_lnames()) page.names.push_back("--" + name);
  return page;
}

CommandPage page_of(Command const& command, std::string const& name, std::vector<std::string> words, std::string_view summary) {
  CommandPage page{.name = name, .summary = std::string(summary)};
  std::vector<std::pair<std::string, std::string>> verbs;
  std::function<void(CLI::App const&, bool)> const read = [&](CLI::App const& app, bool takes_rest) {
    page.description = app.get_description();
    page.takes_rest = takes_rest;
    for (auto const* option : app.get_options()) page.options.push_back(page_of(*option));
    for (auto const* verb : app.get_subcommands({})) verbs.emplace_back(verb->get_name(), verb->get_description());
  };
  Arguments const arguments{.command = std::string(command.name), .words = std::move(words), .describe = &read};
  try {
    command.run(arguments);
  } catch (Described const&) {
  }
  for (auto const& [verb, verb_summary] : verbs) page.verbs.push_back(page_of(command, name + ' ' + verb, {verb}, verb_summary));
  return page;
}

}  // namespace

std::vector<std::string> OptionPage::choices() const {
  std::vector<std::string> words;
  auto const is_word = [](char c) { return (c >= 'a' && c <= 'z') || c == '-' || c == '|'; };
  if (value.find('|') == value.npos || !std::ranges::all_of(value, is_word)) return words;
  for (std::size_t begin = 0; begin <= value.size();) {
    auto const end = std::min(value.find('|', begin), value.size());
    words.push_back(value.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::vector<CommandPage> describe(std::span<Command const> commands) {
  std::vector<CommandPage> pages;
  for (auto const& command : commands) pages.push_back(page_of(command, std::string(command.name), {}, command.summary));
  return pages;
}

}  // namespace azureml::cli
