#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"
#include "cli/transfer_report.hpp"
#include "cli/workspace_options.hpp"

#include <azureml/run.hpp>

#include <CLI/CLI.hpp>

namespace azureml::cli {

int run_restore(Arguments const& arguments) {
  WorkspaceChoice choice;
  std::string id;
  std::filesystem::path directory;
  ProgressStyle style = ProgressStyle::automatic;
  bool json = false, overwrite = false;
  CLI::App app{
      "Write the files a run was submitted with into a directory. When one is there already with another content, "
      "nothing is written."};
  app.add_option("run", id, "Id of the run")->required()->type_name("RUN");
  app.add_option("directory", directory, "Where to; made when it is not there")->required()->type_name("DIR");
  app.add_flag("--overwrite", overwrite, "Replace files that are there with another content");
  app.add_flag("--json", json, "Print what was done as JSON");
  add_progress_option(app, style);
  add_workspace_options(app, choice);
  parse(app, arguments);

  Interrupt const interrupt;
  auto const run = open_workspace(choice).get_run(id, interrupt.context());
  Progress progress(style);
  TransferReport report;
  auto const code = run_transfer(interrupt, progress, "downloaded", [&] {
    report = run.restore_snapshot(directory, {.overwrite = overwrite, .on_progress = progress.handler()},
                                  interrupt.context());
  });
  if (code == kSuccess) write_out(json ? to_json_text(report) : describe(report) + '\n');
  return code;
}

}  // namespace azureml::cli
