#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/report.hpp"
#include "cli/run_json.hpp"
#include "cli/terminal.hpp"
#include "cli/workspace_options.hpp"

#include "base/time.hpp"

#include <CLI/CLI.hpp>

namespace azureml::cli {

namespace {

void add_line(std::string& text, std::string_view name, std::string const& value) {
  if (value.empty()) return;
  text += std::string(name) + std::string(name.size() < 14 ? 14 - name.size() : 1, ' ') + printable(value) + '\n';
}

/// The place stands beside the status; the sentence about it would say it twice.
std::string status_of(RunDetails const& details) {
  auto text = details.status.name();
  if (details.queue_position) {
    text += " (place " + std::to_string(*details.queue_position);
    if (details.queue_length) text += " of " + std::to_string(*details.queue_length);
    return text + " in the queue)";
  }
  return details.status_detail.empty() ? text : text + " (" + details.status_detail + ')';
}

std::string describe(RunDetails const& details, RunInfo const& info, std::string const& portal_url) {
  std::string text;
  add_line(text, "run", details.run_id);
  add_line(text, "name", info.display_name == details.run_id ? "" : info.display_name);
  add_line(text, "description", info.description);
  add_line(text, "experiment", details.experiment_name);
  add_line(text, "parent", info.parent_run_id);
  add_line(text, "status", status_of(details));
  if (info.is_archived) add_line(text, "archived", "yes");
  add_line(text, "target", details.target);
  add_line(text, "submitted by", details.submitted_by);
  add_line(text, "started", details.start_time_utc ? base::to_iso8601(*details.start_time_utc) : "");
  add_line(text, "ended", details.end_time_utc ? base::to_iso8601(*details.end_time_utc) : "");
  add_line(text, "page", portal_url);
  if (details.status == RunState::failed) add_line(text, "failure", describe_failure(details));
  for (auto const& warning : details.warnings) add_line(text, "warning", warning);
  for (auto const& [key, value] : details.tags) add_line(text, "tag", value.empty() ? key : key + '=' + value);
  for (auto const& [key, value] : details.properties)
    if (!key.starts_with("azureml-cpp.warning.")) add_line(text, "property", value.empty() ? key : key + '=' + value);  // those are shown as warnings
  for (auto const& [name, address] : details.log_files) add_line(text, "log", name);
  return text;
}

}  // namespace

int run_show(Arguments const& arguments) {
  WorkspaceChoice choice;
  std::string id;
  bool json = false;
  CLI::App app{"Show what is known of a run."};
  app.add_option("run", id, "Id of the run")->required()->type_name("RUN");
  app.add_flag("--json", json, "All of it as a JSON object");
  add_workspace_options(app, choice);
  parse(app, arguments);

  auto const run = open_workspace(choice).get_run(id);
  auto const details = run.get_details();
  auto const info = run.get_info();
  write_out(json ? to_json_text(details, info) : describe(details, info, run.get_portal_url()));
  return kSuccess;
}

}  // namespace azureml::cli
