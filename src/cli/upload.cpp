#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"
#include "cli/transfer_report.hpp"
#include "cli/workspace_options.hpp"

#include <azureml/run.hpp>

#include <CLI/CLI.hpp>

namespace azureml::cli {

int run_upload(Arguments const& arguments) {
  WorkspaceChoice choice;
  std::string id, name;
  std::filesystem::path path;
  ProgressStyle style = ProgressStyle::automatic;
  bool json = false;
  CLI::App app{
      "Add a file, or all files below a folder, to those of a run, also after its end. Names are given once: a file of "
      "the same name\n"
      "and another content is an error. What an interrupted upload has sent is not sent again."};
  app.add_option("run", id, "Id of the run")->required()->type_name("RUN");
  app.add_option("name", name, "Name it gets, such as outputs/report.pdf; of a folder the folder's")
      ->required()
      ->type_name("NAME");
  app.add_option("path", path, "File or folder of this machine")->required()->type_name("PATH");
  app.add_flag("--json", json, "Print what was done as JSON");
  add_progress_option(app, style);
  add_workspace_options(app, choice);
  parse(app, arguments);

  Interrupt const interrupt;
  auto const run = open_workspace(choice).get_run(id, interrupt.context());
  Progress progress(style);
  TransferReport report;
  auto const code = run_transfer(interrupt, progress, "uploaded", [&] {
    UploadFilesOptions const options{.on_progress = progress.handler()};
    std::error_code ignored;
    report = std::filesystem::is_directory(path, ignored) ? run.upload_folder(name, path, options, interrupt.context())
                                                          : run.upload_file(name, path, options, interrupt.context());
  });
  if (code == kSuccess) write_out(json ? to_json_text(report) : describe(report) + '\n');
  return code;
}

}  // namespace azureml::cli
