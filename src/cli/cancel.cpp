#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/terminal.hpp"
#include "cli/workspace_options.hpp"

#include <azureml/run.hpp>

#include <CLI/CLI.hpp>

namespace azureml::cli {

int run_cancel(Arguments const& arguments) {
  WorkspaceChoice choice;
  std::string id;
  bool no_wait = false;
  CLI::App app{"Cancel a run and wait until it has ended. A run that has ended already stays as it is."};
  app.add_option("run", id, "Id of the run")->required()->type_name("RUN");
  app.add_flag("--no-wait", no_wait, "Only ask for it");
  add_workspace_options(app, choice);
  parse(app, arguments);

  Interrupt const interrupt;
  auto const run = open_workspace(choice).get_run(id, interrupt.context());
  if (no_wait) {
    run.request_cancel(interrupt.context());
    return kSuccess;
  }
  auto const details = run.cancel(interrupt.context());
  write_out(printable(details.status.name()) + '\n');
  return kSuccess;
}

}  // namespace azureml::cli
