#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"
#include "cli/transfer_report.hpp"
#include "cli/workspace_options.hpp"

#include <azureml/run.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace azureml::cli {

namespace {

struct DownloadChoice {
  WorkspaceChoice workspace{};
  std::string id{}, prefix{}, output_name{};
  std::vector<std::string> names{};
  std::filesystem::path output{};
  ProgressStyle progress = ProgressStyle::automatic;
  bool all = false, list = false, json = false, no_overwrite = false;
};

void add_options(CLI::App& app, DownloadChoice& choice) {
  app.add_option("run", choice.id, "Id of the run")->required()->type_name("RUN");
  auto* const names = app.add_option("names", choice.names, "Names as --list shows them, such as outputs/model.joblib")
                          ->type_name("NAME");
  auto* const prefix = app.add_option("--prefix", choice.prefix, "All files below a folder, such as outputs")
                           ->type_name("FOLDER")
                           ->excludes(names);
  auto* const all = app.add_flag("--all", choice.all, "All files of the run")->excludes(names)->excludes(prefix);
  auto* const named_output =
      app.add_option("--output-name", choice.output_name, "What a named output of the run holds, from its datastore")
          ->type_name("NAME")
          ->excludes(names)
          ->excludes(prefix)
          ->excludes(all);
  app.add_flag("--list", choice.list, "Only list the names of the run's files")
      ->excludes(names)
      ->excludes(all)
      ->excludes(named_output);
  app.add_option("-o,--output", choice.output,
                 "Where to (default: the working directory; with --all a folder named like the run, with --output-name "
                 "one named like the output)")
      ->type_name("PATH");
  app.add_flag("--no-overwrite", choice.no_overwrite, "Leave files alone that are there already");
  app.add_flag("--json", choice.json, "Print what was done as JSON instead of the paths");
  add_progress_option(app, choice.progress);
  add_workspace_options(app, choice.workspace);
}

int list_names(DownloadChoice const& choice, Run const& run, Context const& context) {
  auto names = run.get_file_names(choice.prefix, context);
  if (!choice.json) {
    for (auto const& name : names) write_out(printable(name) + '\n');
    return kSuccess;
  }
  auto list = nlohmann::json::array();
  for (auto const& name : names) list.push_back(name);
  write_out(list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
  return kSuccess;
}

TransferReport download_one(DownloadChoice const& choice, Run const& run, ProgressHandler on_progress,
                            Context const& context) {
  TransferReport report;
  auto const path = run.download_file(choice.names.front(), choice.output,
                                      {.overwrite = !choice.no_overwrite,
                                       .on_progress = std::move(on_progress),
                                       .on_report = [&](TransferReport const& done) { report = done; }},
                                      context);
  report.paths = {path};
  return report;
}

TransferReport download(DownloadChoice const& choice, Run const& run, ProgressHandler const& on_progress,
                        Context const& context) {
  bool const overwrite = !choice.no_overwrite;
  auto const directory_or = [&](std::string const& otherwise) {
    return choice.output.empty() ? std::filesystem::path(otherwise) : choice.output;
  };
  if (choice.names.size() == 1) return download_one(choice, run, on_progress, context);
  if (!choice.output_name.empty())
    return run.download_output(choice.output_name, directory_or(choice.output_name),
                               {.overwrite = overwrite, .on_progress = on_progress}, context);
  return run.download_files({.prefix = choice.prefix,
                             .names = choice.names,
                             .output_directory = directory_or(choice.all ? run.id() : "."),
                             .overwrite = overwrite,
                             .on_progress = on_progress},
                            context);
}

}  // namespace

int run_download(Arguments const& arguments) {
  DownloadChoice choice;
  CLI::App app{
      "Download files of a run. One file goes to PATH, or under its own name into that folder; several keep their "
      "paths beneath it.\n"
      "What an interrupted download has fetched is not fetched again."};
  add_options(app, choice);
  parse(app, arguments);
  if (choice.names.empty() && !choice.all && !choice.list && choice.prefix.empty() && choice.output_name.empty())
    throw UsageError(
        "which files are to be downloaded? name some, or give --prefix, --output-name or --all; `azureml download " +
        shell_word(choice.id) + " --list` lists them");

  Interrupt const interrupt;
  auto const run = open_workspace(choice.workspace).get_run(choice.id, interrupt.context());
  if (choice.list) return list_names(choice, run, interrupt.context());
  Progress progress(choice.progress);
  TransferReport report;
  auto const code = run_transfer(interrupt, progress, "downloaded",
                                 [&] { report = download(choice, run, progress.handler(), interrupt.context()); });
  if (code != kSuccess) return code;
  std::sort(report.paths.begin(), report.paths.end());
  if (choice.json) return write_out(to_json_text(report)), kSuccess;
  for (auto const& path : report.paths) write_out(printable(path.string()) + '\n');
  return kSuccess;
}

}  // namespace azureml::cli
