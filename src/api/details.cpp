#include "api/states.hpp"

#include "base/encoding.hpp"

#include <algorithm>

namespace azureml::api {

namespace {

RunFailure to_failure(rest::RunError const& error) {
  return {.code = error.code, .message = error.message, .phase = error.phase, .exit_code = error.exit_code,
          .signal = error.signal, .rank = error.rank, .last_output = error.last_output};
}

/// What the client added or assumed at submit travels as properties of the job, because a job has no warnings of its own.
void add_submit_warnings(RunDetails& details) {
  for (auto const& [key, text] : details.properties)
    if (key.starts_with("azureml-cpp.warning.")) details.warnings.push_back(text);
}

}  // namespace

rest::Discovery DiscoveryCache::get(rest::Connection const& connection, Context const& context) {
  std::lock_guard const lock(mutex_);
  if (!value_) {
    auto const workspace = rest::get_workspace(connection, context);
    value_ = rest::get_discovery(connection, workspace.discovery_url, context);
  }
  return *value_;
}

RunDetails fetch_details(RunRecord const& run, Context const& context, std::optional<rest::Hold> const& hold) {
  auto const& workspace = *run.workspace;
  auto const discovery = workspace.discovery->get(workspace.connection, context);
  auto wire = rest::get_details(workspace.connection, discovery.api, run.id, context, hold);
  RunDetails details{.run_id = wire.run_id.empty() ? run.id : std::move(wire.run_id),
                     .experiment_name = run.experiment_name,
                     .target = std::move(wire.target),
                     .submitted_by = std::move(wire.submitted_by),
                     .status = RunStatus(wire.status),
                     .status_detail = std::move(wire.status_detail),
                     .queue_position = wire.queue_position,
                     .queue_length = wire.queue_length,
                     .start_time_utc = wire.start_time,
                     .end_time_utc = wire.end_time,
                     .error = {},
                     .warnings = std::move(wire.warnings),
                     .properties = std::move(wire.properties),
                     .tags = std::move(wire.tags),
                     .log_files = std::move(wire.log_files),
                     .run_definition = std::move(wire.run_definition)};
  if (wire.error) details.error = to_failure(*wire.error);
  add_submit_warnings(details);
  run.saw(details.status);
  return details;
}

Run make_run(WorkspacePtr const& workspace, rest::Job const& job) {
  RunRecord record{.workspace = workspace, .id = job.name, .experiment_name = job.experiment_name, .portal_url = job.studio_url};
  record.saw(RunStatus(job.status));
  return detail::Access::make_handle<Run>(std::move(record));
}

Run make_run(WorkspacePtr const& workspace, std::string const& experiment, std::string const& studio, rest::RunResource const& run) {
  RunRecord record{.workspace = workspace, .id = run.run_id, .experiment_name = experiment, .portal_url = {}};
  // The run history says no address of a page; it is made as the service makes those of jobs.
  if (!studio.empty())
    record.portal_url = studio + "/runs/" + base::percent_encode(run.run_id) + "?wsid=/subscriptions/" + workspace->subscription_id + "/resourcegroups/" +
                        workspace->resource_group + "/workspaces/" + workspace->name;
  record.saw(RunStatus(run.status));
  return detail::Access::make_handle<Run>(std::move(record));
}

}  // namespace azureml::api
