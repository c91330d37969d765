#include "cli/download.hpp"

#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/terminal.hpp"
#include "cli/workspace_options.hpp"

#include <CLI/CLI.hpp>

namespace azureml::cli {

std::filesystem::path beneath(std::filesystem::path const& directory, std::string_view name) {
  std::string_view rest = name;
  bool good = !name.empty() && name.find('\0') == std::string_view::npos;
  while (good) {
    auto const slash = rest.find('/');
    auto const segment = rest.substr(0, slash);
    good = !segment.empty() && segment != "." && segment != "..";
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (!good) throw UsageError("the run's file '" + printable(name) + "' has a name that would leave the folder; download it alone, with -o");
  return directory / std::filesystem::path(name);
}

int run_download(Arguments const& arguments) {
  WorkspaceChoice choice;
  std::string id;
  std::vector<std::string> names;
  std::filesystem::path output;
  bool all = false, list = false;
  CLI::App app{"Download files of a run. One file goes to PATH, or under its own name into that folder; several keep their paths beneath it."};
  app.add_option("run", id, "Id of the run")->required()->type_name("RUN");
  auto* const name_option = app.add_option("names", names, "Names as --list shows them, such as outputs/model.joblib")->type_name("NAME");
  app.add_option("-o,--output", output, "Where to (default: the working directory; with --all: a folder named like the run)")->type_name("PATH");
  auto* const all_option = app.add_flag("--all", all, "All files of the run")->excludes(name_option);
  app.add_flag("--list", list, "Only list the names of the run's files")->excludes(name_option)->excludes(all_option);
  add_workspace_options(app, choice);
  parse(app, arguments);
  if (names.empty() && !all && !list)
    throw UsageError("which file is to be downloaded? name some, or give --all; `azureml download " + shell_word(id) + " --list` lists them");

  Interrupt const interrupt;
  auto const run = open_workspace(choice).get_run(id, interrupt.context());
  if (list || all) names = run.get_file_names({}, interrupt.context()).to_vector(1'000'000);
  if (list) {
    for (auto const& name : names) write_out(printable(name) + '\n');
    return kSuccess;
  }
  if (names.size() == 1 && !all) {
    write_out(run.download_file(names.front(), output, interrupt.context()).string() + '\n');
    return kSuccess;
  }
  auto const directory = !output.empty() ? output : std::filesystem::path(all ? run.id() : ".");
  for (auto const& name : names) beneath(directory, name);  // all names are looked at before the first byte is fetched
  for (auto const& name : names) write_out(run.download_file(name, beneath(directory, name), interrupt.context()).string() + '\n');
  return kSuccess;
}

}  // namespace azureml::cli
