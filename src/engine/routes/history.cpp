#include "engine/routes/job_input.hpp"
#include "engine/routes/members.hpp"
#include "engine/routes/run_reply.hpp"
#include "engine/routes/services.hpp"
#include "engine/routes/tables.hpp"
#include "engine/routes/wire.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace azureml::engine::routes {
namespace {

constexpr std::size_t kPageDefault = 100, kPageMax = 1000;

/// The run of any of the three addressings; an experiment in the path must be the run's own.
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

/// `createdUtc desc`, the one order of the store.
void check_query(json const& body) {
  if (!text_member(body, "filter").empty()) {
    throw bad_request("The filter '" + text_member(body, "filter") + "' (filter) is not supported by this engine yet; list all runs of the experiment.");
  }
  auto const order = body.value("orderBy", json());
  auto const word = base::to_lower_ascii(order.is_array() && order.size() == 1 && order[0].is_string() ? order[0].get<std::string>()
                                         : order.is_string()                                          ? order.get<std::string>()
                                                                                                       : "");
  bool const given = !order.is_null() && !(order.is_array() && order.empty());
  if (given && word != "createdutc desc") throw bad_request("Runs are ordered by 'createdUtc desc' (orderBy); other orders are not supported yet.");
}

std::size_t page_size(json const& body) {
  auto const top = body.value("top", json());
  if (top.is_null()) return kPageDefault;
  if (!top.is_number_integer() || top.get<std::int64_t>() < 1) throw bad_request("The member 'top' must be a positive number.");
  return std::min<std::size_t>(static_cast<std::size_t>(top.get<std::int64_t>()), kPageMax);
}

Reply query_runs(Request const& request, Services& services) {
  auto const& experiment = parameter(request, "experiment");
  auto const body = request.body.empty() ? json::object() : parse_object(request);
  check_query(body);
  if (!services.store.find_experiment(experiment)) throw not_found("Experiment " + experiment + " not found.", {"NotFoundError"});
  try {
    auto const page = services.store.list_jobs({.experiment = experiment}, text_member(body, "continuationToken"), page_size(body));
    json reply{{"value", json::array()}, {"continuationToken", page.next.empty() ? json() : json(page.next)}, {"nextLink", nullptr}};
    for (auto const& job : page.items) reply["value"].push_back(run_resource(job, services));
    return json_reply(200, reply);
  } catch (std::invalid_argument const& error) {
    throw bad_request(std::string(error.what()) + ".");
  }
}

Reply children(Request const& request, Services& services) {
  (void)find_run(request, services);
  return json_reply(200, {{"value", json::array()}, {"continuationToken", nullptr}, {"nextLink", nullptr}});
}

Reply patch_run(Request const& request, Services& services) {
  auto const body = parse_object(request);
  check_members(request.body, body, create_run_type());
  auto job = find_run(request, services);
  if (auto const id = text_member(body, "runId"); !id.empty() && id != job.name) {
    throw bad_request("The body's runId '" + id + "' is not the run of the address, '" + job.name + "'.");
  }
  if (body.contains("displayName") && body["displayName"].is_string()) job.display_name = body["displayName"].get<std::string>();
  if (body.contains("description") && body["description"].is_string()) job.description = body["description"].get<std::string>();
  if (body.contains("hidden") && body["hidden"].is_boolean()) job.archived = body["hidden"].get<bool>();
  for (auto const& [key, value] : text_map(body, "tags")) job.tags[key] = value;
  for (auto const& [key, value] : text_map(body, "properties")) {
    auto const [known, added] = job.properties.emplace(key, value);
    if (!added && known->second != value) throw bad_request("The property '" + key + "' of the run '" + job.name + "' cannot be changed.");
  }
  services.store.update_job_labels(job);
  return json_reply(200, run_resource(job, services));
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
  }
  add("runs.data", "POST", "rundata", run_data);
  add("runs.query", "POST", "experiments/{experiment}/runs:query", query_runs);
  add("experiments.get", "GET", "experiments/{experiment}", get_experiment);
  add("experiments.get_by_id", "GET", "experimentids/{experiment_id}", get_experiment);
}

}  // namespace azureml::engine::routes
