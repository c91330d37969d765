#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/report.hpp"
#include "cli/terminal.hpp"
#include "engine/runner/run_manager.hpp"

#include <azureml/version.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

using namespace azureml::cli;

std::string help() {
  std::string text =
      "Training runs on Azure Machine Learning, or on this machine.\n\n"
      "usage: azureml COMMAND [OPTION...]\n\ncommands:\n";
  for (auto const& command : all_commands()) {
    text += "  " + std::string(command.name) + std::string(12 - command.name.size(), ' ');
    text += std::string(command.summary) + '\n';
  }
  text += "\n`azureml COMMAND --help` lists the options of a command; `azureml --version` tells the version.\nExit codes:";
  for (auto const& [code, meaning] : exit_meanings()) text += (code == kSuccess ? " " : ", ") + std::to_string(code) + ' ' + std::string(meaning);
  return text + ".\n";
}

Arguments split(int count, char** words) {
  Arguments arguments{.command = words[1]};
  int index = 2;
  for (; index < count && std::string_view(words[index]) != "--"; ++index) arguments.words.emplace_back(words[index]);
  if (index < count) arguments.rest.emplace(words + index + 1, words + count);
  return arguments;
}

int run(int count, char** words) {
  std::string_view const name = count > 1 ? words[1] : "";
  if (name == "--version") return write_out(std::string(azureml::version()) + '\n'), kSuccess;
  if (name == "--help" || name == "-h" || name == "help") return write_out(help()), kSuccess;
  if (name.empty()) return std::fputs(help().c_str(), stderr), kUsage;
  auto const commands = all_commands();
  auto const command = std::ranges::find(commands, name, &Command::name);
  if (command == commands.end())
    throw UsageError("there is no command '" + printable(name) + "'; `azureml --help` lists them");
  return command->run(split(count, words));
}

}  // namespace

int main(int count, char** words) {
  // One for each run: nothing else may delay or outlive it.
  if (count == 3 && std::string_view(words[1]) == "supervise") return azureml::engine::runner::supervise(words[2]);
  std::signal(SIGPIPE, SIG_DFL);  // a closed pipe ends the program quietly, also when its parent ignored the signal
  try {
    return run(count, words);
  } catch (...) {
    return report_current_exception(count > 1 ? words[1] : "");
  }
}
