#include "cli/completion.hpp"
#include "cli/terminal.hpp"

namespace azureml::cli {

namespace {

/// Text within a specification of `_arguments` or `_describe`: these bytes have a meaning there.
std::string escaped(std::string_view text, std::string_view special) {
  std::string result;
  for (char const c : text) {
    if (special.find(c) != special.npos) result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

std::string action(OptionPage const& option) {
  auto const message = ':' + escaped(option.value, "\\:") + ':';
  if (auto const choices = option.choices(); !choices.empty()) {
    std::string words;
    for (auto const& choice : choices) words += (words.empty() ? "" : " ") + choice;
    return message + '(' + words + ')';
  }
  return message + (option.takes_folder() ? "_files -/" : option.takes_file() ? "_files" : " ");
}

std::string specification(OptionPage const& option, std::string const& name) {
  std::string text = option.is_repeated ? "*" : "";
  if (!option.is_repeated && option.names.size() > 1) {
    std::string all;
    for (auto const& each : option.names) all += (all.empty() ? "" : " ") + each;
    text = '(' + all + ')';
  }
  text += name;
  if (!option.value.empty()) text += name.starts_with("--") ? "=" : "+";
  text += '[' + escaped(option.description, "\\[]:") + ']';
  return shell_word(option.value.empty() ? text : text + action(option));
}

std::string command_case(CommandPage const& page) {
  std::string text = "    " + shell_word(page.name) + ")\n      _arguments";
  for (auto const& option : page.options) {
    if (option.is_positional) {
      text += " \\\n        " + shell_word((option.is_repeated ? "*" : "") + action(option));
      continue;
    }
    for (auto const& name : option.names) text += " \\\n        " + specification(option, name);
  }
  return text + " ;;\n";
}

std::string described(std::string_view name, std::string_view summary) {
  return shell_word(escaped(name, "\\:") + ':' + escaped(summary, "\\"));
}

}  // namespace

std::string zsh_completion(std::vector<CommandPage> const& pages) {
  std::string commands, groups, cases;
  for (auto const& page : pages) {
    commands += ' ' + described(page.name, page.summary);
    if (page.verbs.empty()) continue;
    std::string verbs;
    for (auto const& verb : page.verbs) verbs += ' ' + described(verb.name.substr(page.name.size() + 1), verb.summary);
    groups += "    " + page.name + ")\n      if ((CURRENT == 3)); then found=(" + verbs.substr(1) +
              "); _describe verb found; return; fi\n      command+=\" $words[3]\"; shift words; ((CURRENT -= 1)) ;;\n";
  }
  for (auto const* page : completed_pages(pages)) cases += command_case(*page);
  auto text = "#compdef azureml\n# Completion of azureml for zsh.\n_azureml() {\n  local command=$words[2]\n  local -a found\n  if ((CURRENT == 2)); then found=(" +
              commands.substr(1) + "); _describe command found; return; fi\n";
  if (!groups.empty()) text += "  case $command in\n" + groups + "  esac\n";
  text += "  shift words; ((CURRENT -= 1))\n  case $command in\n" + cases + "  esac\n}\n";
  return text + "if [ \"$funcstack[1]\" = _azureml ]; then _azureml \"$@\"; else compdef _azureml azureml; fi\n";
}

}  // namespace azureml::cli
