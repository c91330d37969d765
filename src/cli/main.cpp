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

constexpr Command kCommands[] = {
    {"submit", "Submit a training script and follow its run", run_submit},
    {"plan", "Show what a submit of a folder would upload", run_plan},
    {"runs", "List runs, newest first", run_runs},
    {"show", "Show what is known of a run", run_show},
    {"logs", "Print or follow the log of a run", run_logs},
    {"download", "Download files of a run", run_download},
    {"upload", "Add files to those of a run", run_upload},
    {"restore", "Write the files a run was submitted with into a directory", run_restore},
    {"cancel", "Cancel a run", run_cancel},
    {"tag", "Set, remove and show the tags of a run", run_tag},
    {"datastore", "List, fill, read and register the workspace's storage", run_datastore},
    {"engine", "Serve, look at or stop the engine of this machine", run_engine},
};

std::string help() {
  std::string text =
      "Training runs on Azure Machine Learning, or on this machine.\n\n"
      "usage: azureml COMMAND [OPTION...]\n\ncommands:\n";
  for (auto const& command : kCommands) {
    text += "  " + std::string(command.name) + std::string(12 - command.name.size(), ' ');
    text += std::string(command.summary) + '\n';
  }
  return text +
         "\n`azureml COMMAND --help` lists the options of a command; `azureml --version` tells the version.\n"
         "Exit codes: 0 success, 1 error, 2 wrong options or a fault in what was given, 3 the run failed,\n"
         "4 the run was canceled, 130 interrupted.\n";
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
  auto const* const command = std::ranges::find(kCommands, name, &Command::name);
  if (command == std::end(kCommands))
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
