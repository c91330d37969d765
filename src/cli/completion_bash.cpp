#include "cli/completion.hpp"
#include "cli/terminal.hpp"

namespace azureml::cli {

namespace {

std::string joined(std::vector<std::string> const& words) {
  std::string text;
  for (auto const& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// How a value is completed, as a word of the script: `=choices`, `files`, `folders`, or `nothing`.
std::string value_word(OptionPage const& option) {
  if (auto const choices = option.choices(); !choices.empty()) return shell_word('=' + joined(choices));
  return option.takes_folder() ? "folders" : option.takes_file() ? "files" : "nothing";
}

/// One case of the script: the options of a command, which of them take which value, and what its other words are.
std::string command_case(CommandPage const& page) {
  std::vector<std::string> names;
  std::string values, words = "nothing";
  for (auto const& option : page.options) {
    if (option.is_positional) {
      words = value_word(option);
      continue;
    }
    names.insert(names.end(), option.names.begin(), option.names.end());
    if (option.value.empty()) continue;
    std::string pattern;
    for (auto const& name : option.names) pattern += (pattern.empty() ? "" : "|") + name;
    values += "        " + pattern + ") value=" + value_word(option) + " ;;\n";
  }
  auto text = "    " + shell_word(page.name) + ")\n      options=" + shell_word(joined(names)) + " words=" + words + '\n';
  if (!values.empty()) text += "      case $previous in\n" + values + "      esac\n";
  return text + "      ;;\n";
}

constexpr std::string_view kHead = R"(# Completion of azureml for bash.
_azureml() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} options= words=nothing value=
  COMPREPLY=()
  # bash takes --option=value apart.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
)";
constexpr std::string_view kTail = R"(  local position kind=$words
  for ((position = 2; position < COMP_CWORD; ++position)); do
    if [[ ${COMP_WORDS[position]} == -- ]]; then kind=files value= current=${COMP_WORDS[COMP_CWORD]} options=; fi
  done
  if [[ -n $value ]]; then kind=$value
  elif [[ $current == -* && -n $options ]]; then kind="=$options"; fi
  case $kind in
    =*) mapfile -t COMPREPLY < <(compgen -W "${kind#=}" -- "$current") ;;
    files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    folders) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
  esac
}
complete -F _azureml azureml
)";

}  // namespace

std::string bash_completion(std::vector<CommandPage> const& pages) {
  std::vector<std::string> names;
  std::string groups, cases;
  for (auto const& page : pages) {
    names.push_back(page.name);
    if (page.verbs.empty()) continue;
    std::vector<std::string> verbs;
    for (auto const& verb : page.verbs) verbs.push_back(verb.name.substr(page.name.size() + 1));
    groups += "    " + page.name + ")\n      if ((COMP_CWORD == 2)); then mapfile -t COMPREPLY < <(compgen -W " + shell_word(joined(verbs) + " --help") +
              " -- \"$current\"); return; fi\n      command+=\" ${COMP_WORDS[2]}\" ;;\n";
  }
  for (auto const* page : completed_pages(pages)) cases += command_case(*page);
  auto text = std::string(kHead);
  text += "  if ((COMP_CWORD == 1)); then mapfile -t COMPREPLY < <(compgen -W " + shell_word(joined(names) + " --help --version") +
          " -- \"$current\"); return; fi\n";
  if (!groups.empty()) text += "  case $command in\n" + groups + "  esac\n";
  return text + "  case $command in\n" + cases + "  esac\n" + std::string(kTail);
}

}  // namespace azureml::cli
