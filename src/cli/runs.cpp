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
#include <map>

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

std::map<std::string, std::string> labels(std::vector<std::string> const& words) {
  std::map<std::string, std::string> result;
  for (auto const& word : words) {
    auto const pair = key_and_value(word);
    result[pair ? pair->first : word] = pair ? pair->second : "";
  }
  return result;
}

}  // namespace

int run_runs(Arguments const& arguments) {
  WorkspaceChoice choice;
  std::string experiment;
  std::vector<std::string> tags, properties;
  std::size_t limit = 50;
  bool json = false, archived = false, children = false;
  GetRunsOptions options;
  CLI::App app{"List runs, newest first: status and id."};
  app.add_option("--experiment", experiment, "Only runs of this experiment")->type_name("NAME");
  add_repeated(app, "--tag", tags, "Only runs with this tag; all of several")->type_name("KEY[=VALUE]");
  add_repeated(app, "--property", properties, "Only runs with this property; all of several")->type_name("KEY[=VALUE]");
  app.add_option("--status", options.status, "Only runs of this status: Queued, Running, Failed, ...")->type_name("STATUS");
  app.add_option("--type", options.type, "Only runs of this type: azureml.scriptrun, hyperdrive, ...")->type_name("TYPE");
  app.add_flag("--archived", archived, "Archived runs instead of the others");
  app.add_flag("--children", children, "Also runs that others have started; needs --experiment");
  app.add_option("--limit", limit, "How many at most (default: 50)")->check(CLI::Range(1, 100'000))->type_name("N");
  app.add_flag("--json", json, "A JSON array");
  add_workspace_options(app, choice);
  parse(app, arguments);

  if (children && experiment.empty()) throw UsageError("--children needs --experiment: the list of a workspace has no children");
  options.tags = labels(tags);
  options.properties = labels(properties);
  options.include_children = children;
  options.view = archived ? RunView::archived_only : RunView::active_only;
  auto const workspace = open_workspace(choice);
  auto pager = experiment.empty() ? workspace.get_runs(options) : workspace.experiment(experiment).get_runs(options);
  auto const runs = pager.to_vector(limit);
  write_out(json ? to_json_text(runs) : table(runs));
  return kSuccess;
}

}  // namespace azureml::cli
