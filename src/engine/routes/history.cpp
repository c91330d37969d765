#include "engine/routes/job_input.hpp"
#include "engine/routes/run_lists.hpp"
#include "engine/routes/run_reply.hpp"
#include "engine/routes/services.hpp"
#include "engine/routes/tables.hpp"
#include "engine/routes/wire.hpp"

namespace azureml::engine::routes {
namespace {

Reply get_run(Request const& request, Services& services) { return json_reply(200, run_resource(find_run(request, services), services)); }

Reply get_details(Request const& request, Services& services) {
  auto const job = find_run(request, services);
  auto const wait = wanted_wait(request, services.follow_wait_max);
  bool const unchanged = request.header("x-azureml-known-status") == job.status;
  if (wait.count() > 0 && unchanged && !request.waited && !store::is_terminal(job.status)) {
    return {.wait = WaitFor{.topic = "run:" + job.name, .timeout = wait}};
  }
  return json_reply(200, run_details(job, request, services));
}

bool flag(json const& body, char const* name) {
  auto const found = body.find(name);
  return found != body.end() && found->is_boolean() && found->get<bool>();
}

Reply run_data(Request const& request, Services& services) {
  auto const body = parse_object(request);
  auto const id = text_member(body, "runId");
  if (id.empty()) throw bad_request("The body needs a runId.");
  auto const job = find_job(services.store, id);
  auto const run = run_resource(job, services);
  return json_reply(200, {{"runMetadata", flag(body, "selectRunMetadata") || !body.contains("selectRunMetadata") ? run : json()},
                          {"runDefinition", flag(body, "selectRunDefinition") ? run.at("runDefinition") : json()},
                          {"jobSpecification", nullptr},
                          {"systemSettings", nullptr}});
}

Reply children(Request const& request, Services& services) {
  (void)find_run(request, services);
  return json_reply(200, {{"value", json::array()}, {"continuationToken", nullptr}, {"nextLink", nullptr}});
}

Reply cancel_run(Request const& request, Services& services) {
  auto const job = find_run(request, services);
  if (!store::is_terminal(job.status)) {
    services.store.request_cancel(job.name);
    services.runs.cancel_requested(job.name);
  }
  return json_reply(200, run_resource(find_job(services.store, job.name), services));
}

Reply get_experiment(Request const& request, Services& services) {
  auto const by_name = request.parameters.find("experiment");
  auto const experiment = by_name != request.parameters.end() ? services.store.find_experiment(by_name->second)
                                                              : services.store.find_experiment_by_id(parameter(request, "experiment_id"));
  if (!experiment) throw not_found("The experiment of the address was not found.", {"NotFoundError"});
  return json_reply(200, {{"experimentId", experiment->id},
                          {"name", experiment->name},
                          {"description", nullptr},
                          {"createdUtc", wire_time(experiment->created)},
                          {"tags", json::object()},
                          {"archivedTime", nullptr},
                          {"artifactLocation", nullptr}});
}

}  // namespace

store::JobRecord find_run(Request const& request, Services& services) {
  auto job = find_job(services.store, parameter(request, "run"));
  auto const by_name = request.parameters.find("experiment");
  bool wrong = by_name != request.parameters.end() && by_name->second != job.experiment;
  if (auto const by_id = request.parameters.find("experiment_id"); by_id != request.parameters.end()) {
    auto const experiment = services.store.find_experiment_by_id(by_id->second);
    wrong = !experiment || experiment->name != job.experiment;
  }
  if (wrong) throw not_found("Run " + job.name + " not found in the experiment of the address.", {"NotFoundError"});
  return job;
}

void add_history_routes(std::vector<Route>& table) {
  auto const add = [&](char const* operation, char const* method, std::string const& path, std::function<Reply(Request const&, Services&)> handle) {
    table.push_back({.operation = operation, .method = method, .pattern = "/history/v1.0/{WS}/" + path, .plane = Plane::data, .handle = std::move(handle)});
  };
  for (std::string const run : {"runs/{run}", "experiments/{experiment}/runs/{run}", "experimentids/{experiment_id}/runs/{run}"}) {
    add("runs.get", "GET", run, get_run);
    add("runs.details", "GET", run + "/details", get_details);
    add("runs.children", "GET", run + "/children", children);
    add("runs.patch", "PATCH", run, patch_run);
    add("runs.cancel", "POST", run + "/cancel", cancel_run);
    add("runs.patch_tags", "PATCH", run + "/tags", patch_tags);
    add("runs.delete_tags", "DELETE", run + "/tags", delete_tags);
  }
  add("runs.data", "POST", "rundata", run_data);
  add("runs.query", "POST", "experiments/{experiment}/runs:query", query_runs);
  add("experiments.get", "GET", "experiments/{experiment}", get_experiment);
  add("experiments.get_by_id", "GET", "experimentids/{experiment_id}", get_experiment);
}

}  // namespace azureml::engine::routes
