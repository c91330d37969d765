#include "api/run_lists.hpp"

#include "core/make_error.hpp"

#include <array>
#include <functional>
#include <utility>

namespace azureml::api {

namespace {

/// The kinds of jobs and the type their runs have in the run history.
constexpr std::array<std::pair<char const*, char const*>, 4> kTypes{{{"Command", "azureml.scriptrun"},
                                                                     {"Sweep", "hyperdrive"},
                                                                     {"Pipeline", "azureml.PipelineRun"},
                                                                     {"AutoML", "automl"}}};

std::string job_type_of(std::string const& run_type) {
  for (auto const& [job, run] : kTypes)
    if (run_type == run) return job;
  return {};
}

std::string run_type_of(std::string const& job_type) {
  for (auto const& [job, run] : kTypes)
    if (job_type == job) return run;
  return job_type;
}

std::optional<bool> hidden_of(RunView view) {
  if (view == RunView::all) return std::nullopt;
  return view == RunView::archived_only;
}

char const* word_of(RunView view) {
  return view == RunView::all ? "All" : view == RunView::archived_only ? "ArchivedOnly" : "ActiveOnly";
}

/// What a page is asked for with.
using NextRuns = std::function<rest::Page<rest::RunResource>(rest::Discovery const& discovery, std::string const& continuation)>;

Pager<Run> pages_of(WorkspacePtr const& workspace, std::string const& experiment, NextRuns next) {
  return Pager<Run>([workspace, experiment, next = std::move(next)](std::string const& continuation) {
    auto const discovery = workspace->discovery->get(workspace->connection, Context{});
    auto found = next(discovery, continuation);
    Pager<Run>::Page page{.items = {}, .next = std::move(found.next)};
    for (auto const& run : found.items) page.items.push_back(make_run(workspace, experiment, discovery.studio, run));
    return page;
  });
}

Pager<Run> list_experiment(WorkspacePtr const& workspace, std::string const& experiment, rest::RunFilter const& filter) {
  return pages_of(workspace, experiment, [workspace, experiment, filter](rest::Discovery const& discovery, std::string const& continuation) {
    try {
      return rest::query_runs(workspace->connection, discovery.api, experiment, filter, continuation, Context{});
    } catch (NotFoundError const& error) {
      // The first run makes an experiment: before it there are none. Without a code it was not the service that spoke.
      if (!continuation.empty() || error.code().empty()) throw;
      return rest::Page<rest::RunResource>{};
    }
  });
}

Pager<Run> list_workspace(WorkspacePtr const& workspace, rest::RunFilter const& filter, RunView view) {
  rest::JobQuery query{.tags = {}, .view = word_of(view), .type = job_type_of(filter.type)};
  for (auto const& [key, value] : filter.tags) query.tags.push_back(value.empty() ? key : key + "=" + value);
  return Pager<Run>([workspace, filter, query = std::move(query)](std::string const& continuation) {
    auto found = rest::query_jobs(workspace->connection, continuation, query, Context{});
    Pager<Run>::Page page{.items = {}, .next = std::move(found.next)};
    for (auto const& job : found.items) {
      rest::RunResource const run{.run_id = job.name, .status = job.status, .type = run_type_of(job.type), .parent_run_id = job.parent,
                                  .hidden = job.archived, .tags = job.tags, .properties = job.properties};
      if (rest::matches(filter, run)) page.items.push_back(make_run(workspace, job));
    }
    return page;
  });
}

}  // namespace

Pager<Run> list_runs(WorkspacePtr const& workspace, std::string const& experiment, GetRunsOptions const& options) {
  rest::RunFilter const filter{.tags = options.tags, .properties = options.properties, .status = options.status, .type = options.type,
                               .only_top_level = !options.include_children, .hidden = hidden_of(options.view)};
  if (!experiment.empty()) return list_experiment(workspace, experiment, filter);
  if (options.include_children)
    throw core::validation_error("the list of runs", {{.field = "include_children", .problem = "is set for a whole workspace, whose list has no children",
                                                       .remedy = "list an experiment's runs, or ask a run for its children"}});
  return list_workspace(workspace, filter, options.view);
}

}  // namespace azureml::api

namespace azureml {

Pager<Run> Run::get_children(GetChildrenOptions const& options) const {
  rest::RunFilter const filter{.tags = options.tags, .properties = options.properties, .status = options.status, .type = options.type,
                               .only_top_level = false, .hidden = api::hidden_of(options.view)};
  auto const& workspace = state_->workspace;
  return api::pages_of(workspace, experiment_name(), [workspace, id = id(), filter](rest::Discovery const& discovery, std::string const& continuation) {
    return rest::list_children(workspace->connection, discovery.api, id, filter, continuation, Context{});
  });
}

}  // namespace azureml
