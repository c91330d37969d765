#include "cli/command.hpp"
#include "cli/estimator_options.hpp"
#include "cli/exit_code.hpp"
#include "cli/run_json.hpp"
#include "cli/terminal.hpp"
#include "cli/workspace_options.hpp"

#include <azureml/experiment.hpp>
#include <azureml/pager.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>

namespace azureml::cli {

namespace {

std::string table(std::vector<Run> const& runs) {
  std::size_t width = 6;
  for (auto const& run : runs) width = std::max(width, run.last_status().name().size());
  std::string text;
  for (auto const& run : runs) {
    auto const status = run.last_status().name();
    text += printable(status) + std::string(width + 2 - status.size(), ' ') + printable(run.id()) + '\n';
  }
  return text;
}

}  // namespace

int run_runs(Arguments const& arguments) {
  WorkspaceChoice choice;
  std::string experiment;
  std::vector<std::string> tags;
  std::size_t limit = 50;
  bool json = false;
  CLI::App app{"List runs, newest first: status and id."};
  app.add_option("--experiment", experiment, "Only runs of this experiment")->type_name("NAME");
  add_repeated(app, "--tag", tags, "Only runs with this tag; all of several")->type_name("KEY[=VALUE]");
  app.add_option("--limit", limit, "How many at most (default: 50)")->check(CLI::Range(1, 100'000))->type_name("N");
  app.add_flag("--json", json, "A JSON array");
  add_workspace_options(app, choice);
  parse(app, arguments);

  GetRunsOptions options;
  for (auto const& tag : tags) {
    auto const pair = key_and_value(tag);
    options.tags[pair ? pair->first : tag] = pair ? pair->second : "";
  }
  auto const workspace = open_workspace(choice);
  auto pager = experiment.empty() ? workspace.get_runs(options) : workspace.experiment(experiment).get_runs(options);
  auto const runs = pager.to_vector(limit);
  write_out(json ? to_json_text(runs) : table(runs));
  return kSuccess;
}

}  // namespace azureml::cli
