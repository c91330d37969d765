#include "cli/completion.hpp"

namespace azureml::cli {

namespace {

/// Within single quotes fish knows two escapes.
std::string fish_word(std::string_view text) {
  std::string result = "'";
  for (char const c : text) {
    if (c == '\\' || c == '\'') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result + '\'';
}

std::string value_words(OptionPage const& option) {
  if (auto const choices = option.choices(); !choices.empty()) {
    std::string words;
    for (auto const& choice : choices) words += (words.empty() ? "" : " ") + choice;
    return " -x -a " + fish_word(words);
  }
  if (option.takes_folder()) return " -x -a '(__fish_complete_directories)'";
  return option.takes_file() ? " -r -F" : " -x";
}

std::string option_line(CommandPage const& page, OptionPage const& option) {
  auto line = "complete -c azureml -n " + fish_word("__azureml_in " + page.name);
  for (auto const& name : option.names) line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!option.value.empty()) line += value_words(option);
  return line + " -d " + fish_word(option.description) + '\n';
}

/// Words without a dash: only those are completed whose values are known.
std::string positional_line(CommandPage const& page, OptionPage const& option) {
  auto const values = option.takes_file() ? std::string(" -F") : value_words(option);
  if (values == " -x") return {};
  return "complete -c azureml -n " + fish_word("__azureml_in " + page.name) + (values.starts_with(" -x") ? values.substr(3) : values) + '\n';
}

std::string word_line(std::string_view before, std::string_view word, std::string_view summary) {
  auto const condition = before.empty() ? std::string("__azureml_after") : "__azureml_after " + std::string(before);
  return "complete -c azureml -n " + fish_word(condition) + " -a " + fish_word(word) + " -d " + fish_word(summary) + '\n';
}

constexpr std::string_view kHead = R"(# Completion of azureml for fish.
function __azureml_in
  set -l words (commandline -opc)
  set -e words[1]
  set -l size (count $argv)
  test (count $words) -ge $size; and test "$words[1..$size]" = "$argv"
end
function __azureml_after
  set -l words (commandline -opc)
  set -e words[1]
  test "$words" = "$argv"
end
complete -c azureml -f
complete -c azureml -n __azureml_after -l help -d 'List the commands'
complete -c azureml -n __azureml_after -l version -d 'Print the version'
)";

}  // namespace

std::string fish_completion(std::vector<CommandPage> const& pages) {
  auto text = std::string(kHead);
  for (auto const& page : pages) {
    text += word_line({}, page.name, page.summary);
    for (auto const& verb : page.verbs) text += word_line(page.name, std::string_view(verb.name).substr(page.name.size() + 1), verb.summary);
  }
  for (auto const* page : completed_pages(pages))
    for (auto const& option : page->options) text += option.is_positional ? positional_line(*page, option) : option_line(*page, option);
  return text;
}

}  // namespace azureml::cli
