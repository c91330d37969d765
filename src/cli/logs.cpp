#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/follow.hpp"

#include <CLI/CLI.hpp>

namespace azureml::cli {

int run_logs(Arguments const& arguments) {
  WorkspaceChoice choice;
  std::string id;
  bool follow = false;
  CLI::App app{"Print the log of a run, from its beginning. With -f, go on until the run ends and exit as it did."};
  app.add_option("run", id, "Id of the run")->required()->type_name("RUN");
  app.add_flag("-f,--follow", follow, "Follow until the run has ended and its log is read");
  add_workspace_options(app, choice);
  parse(app, arguments);

  Interrupt const interrupt;
  Progress progress;
  auto const run = open_workspace(choice).get_run(id, interrupt.context());
  if (follow) return follow_to_end(run, choice, {}, interrupt, progress);
  run.follow_logs([&](LogChunk const& chunk) { print_log(chunk, progress); }, {.follow = false}, interrupt.context());
  return kSuccess;
}

}  // namespace azureml::cli
