#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/terminal.hpp"
#include "cli/workspace_options.hpp"

#include "api/delete_run.hpp"

#include <azureml/run.hpp>

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace azureml::cli {

namespace {

/// All of them are there and have ended, or nothing is deleted.
std::vector<RunDetails> look_at(Workspace const& workspace, std::vector<std::string> const& ids, Context const& context) {
  std::vector<RunDetails> found;
  for (auto const& id : ids) {
    found.push_back(workspace.get_run(id, context).get_details(context));
    if (!found.back().status.is_terminal())
      throw UsageError("the run '" + printable(id) + "' has not ended (" + printable(found.back().status.name()) + "), so nothing was deleted; cancel it first: azureml cancel " + shell_word(id));
  }
  return found;
}

std::string list_of(std::vector<RunDetails> const& runs) {
  std::string text;
  for (auto const& run : runs) text += printable(run.run_id + "  " + run.status.name() + "  " + run.experiment_name) + '\n';
  return text;
}

bool confirmed(std::vector<RunDetails> const& runs) {
  std::cerr << list_of(runs) << "Delete " << (runs.size() == 1 ? "this run" : "these " + std::to_string(runs.size()) + " runs") << " with all logs and outputs? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace

int run_delete(Arguments const& arguments) {
  WorkspaceChoice choice;
  std::vector<std::string> ids;
  bool yes = false, dry_run = false;
  CLI::App app{"Delete runs that have ended, with their logs and outputs. What others refer to stays: code, environments, data assets and their files."};
  app.add_option("run", ids, "Ids of the runs")->required()->type_name("RUN");
  app.add_flag("--yes,-y", yes, "Without asking");
  app.add_flag("--dry-run", dry_run, "List what would be deleted, and delete nothing");
  add_workspace_options(app, choice);
  parse(app, arguments);
  std::vector<std::string> once;
  for (auto const& id : ids)
    if (std::ranges::find(once, id) == once.end()) once.push_back(id);

  Interrupt const interrupt;
  auto const workspace = open_workspace(choice);
  auto const runs = look_at(workspace, once, interrupt.context());
  if (dry_run) return write_out(list_of(runs)), kSuccess;
  if (!yes) {
    if (::isatty(STDIN_FILENO) == 0) throw UsageError("nobody can be asked whether to delete; add --yes to delete without asking");
    if (!confirmed(runs)) return write_out("nothing was deleted\n"), kError;
  }
  for (auto const& run : runs) {
    api::delete_run(workspace, run.run_id, interrupt.context());
    write_out(printable(run.run_id) + '\n');
  }
  return kSuccess;
}

}  // namespace azureml::cli
