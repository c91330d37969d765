#include "engine/routes/job_data.hpp"
#include "engine/routes/job_delete.hpp"
#include "engine/routes/job_input.hpp"
#include "engine/routes/job_reply.hpp"
#include "engine/routes/services.hpp"
#include "engine/routes/tables.hpp"
#include "engine/routes/wire.hpp"

#include "base/uuid.hpp"

#include <filesystem>
#include <stdexcept>

namespace azureml::engine::routes {
namespace {

constexpr std::size_t kPageDefault = 100, kPageMax = 1000;
constexpr char kRetryAfter[] = "1";

/// Below the least free space a run would soon fill the disk, and its failure would say less than this refusal.
void check_free_space(Services const& services) {
  std::error_code error;
  auto const space = std::filesystem::space(services.home.root, error);
  if (error || space.available >= services.free_space_min) return;
  throw ApiError{.status = 507,
                 .code = "InsufficientStorage",
                 .message = "The disk of '" + services.home.root.string() + "' has " + std::to_string(space.available >> 20) +
                            " MiB left; a run needs at least " + std::to_string(services.free_space_min >> 20) + " MiB free. Remove what is no longer needed and submit again."};
}

void merge(store::StringMap& into, store::StringMap const& from) {
  for (auto const& [key, value] : from) into[key] = value;
}

/// Labels are updates; properties can be added, never changed.
void update_labels(store::JobRecord& job, WantedJob const& wanted) {
  if (wanted.display_name && !wanted.display_name->empty()) job.display_name = *wanted.display_name;
  if (wanted.description) job.description = *wanted.description;
  if (wanted.archived) job.archived = *wanted.archived;
  merge(job.tags, wanted.tags);
  for (auto const& [key, value] : wanted.properties) {
    auto const [known, added] = job.properties.emplace(key, value);
    if (!added && known->second != value) {
      throw bad_request("The property '" + key + "' (properties." + key + ") of the job '" + job.name +
                        "' cannot be changed; properties can only be added.");
    }
  }
}

Reply update_existing(Request const& request, Services& services, store::JobRecord job, WantedJob const& wanted) {
  auto const existing = canonical_definition(json::parse(job.definition), job.experiment, services.store);
  auto difference = first_difference(existing, canonical_definition(wanted.definition, wanted.experiment, services.store));
  if (difference.empty()) difference = differing_resources(job.properties, wanted.properties);
  if (!difference.empty()) {
    throw ApiError{.status = 409,
                   .code = "UserError",
                   .message = "A job '" + job.name + "' exists with another definition: " + difference +
                              ". Use another run id, or submit the definition it has.",
                   .inner = {"Conflict", "JobDefinitionDiffers"}};
  }
  update_labels(job, wanted);
  services.store.update_job_labels(job);
  return json_reply(200, job_resource(job, request.base_url));
}

store::JobRecord new_job(WantedJob const& wanted, Services& services) {
  store::JobRecord job{.name = wanted.name, .experiment = wanted.experiment, .created = services.clock.now()};
  job.display_name = wanted.display_name.value_or("").empty() ? wanted.name : *wanted.display_name;
  job.description = wanted.description.value_or("");
  job.archived = wanted.archived.value_or(false);
  job.tags = wanted.tags;
  job.properties = wanted.properties;
  job.definition = to_text(wanted.definition);
  job.properties["_azureml.ComputeTargetType"] = "amlctrain";
  if (!wanted.compute.empty()) job.properties["_azureml.ClusterName"] = wanted.compute;
  if (wanted.definition.contains("codeId")) job.properties["ContentSnapshotId"] = base::new_uuid();
  return job;
}

Reply create_or_update(Request const& request, Services& services) {
  auto const& name = parameter(request, "name");
  auto wanted = read_job(request, name);
  resolve_references(wanted, services.store, services.identity);
  resolve_data(wanted, services.store, services.identity);
  refuse_unsupported(wanted, services.store, services.runs.capacity());
  auto const resources = wanted_resources(wanted);
  if (auto existing = services.store.find_job(name)) return update_existing(request, services, *std::move(existing), wanted);

  check_free_space(services);
  services.store.ensure_experiment(wanted.experiment);
  auto const job = new_job(wanted, services);
  services.store.add_job(job);
  services.runs.submitted(name, resources);
  auto reply = json_reply(201, job_resource(job, request.base_url));
  reply.headers["Location"] = resource_url(request, job_id(name));
  return reply;
}

Reply get(Request const& request, Services& services) {
  return json_reply(200, job_resource(find_job(services.store, parameter(request, "name")), request.base_url));
}

void read_view(Request const& request, store::Store::JobFilter& filter) {
  auto const view = request.query_value("listViewType", "ActiveOnly");
  if (base::equal_ignoring_case(view, "ActiveOnly")) {
    filter.archived = false;
  } else if (base::equal_ignoring_case(view, "ArchivedOnly")) {
    filter.archived = true;
  } else if (!base::equal_ignoring_case(view, "All")) {
    throw bad_request("The query parameter 'listViewType' is '" + view + "'; it must be ActiveOnly, ArchivedOnly or All.");
  }
}

store::Store::JobFilter read_filter(Request const& request) {
  store::Store::JobFilter filter;
  read_view(request, filter);
  filter.job_type = request.query_value("jobType");
  if (base::equal_ignoring_case(filter.job_type, "Command")) filter.job_type = "Command";
  for (auto const& [key, value] : request.query) {
    if (base::equal_ignoring_case(key, "tag")) {
      auto const equals = value.find('=');
      filter.tags[value.substr(0, equals)] = equals == std::string::npos ? "" : value.substr(equals + 1);
    } else if (base::equal_ignoring_case(key, "properties") || base::equal_ignoring_case(key, "scheduleId") ||
               base::equal_ignoring_case(key, "assetName")) {
      throw bad_request("Listing jobs by '" + key + "' is not supported by this engine yet.");
    }
  }
  return filter;
}

Reply list(Request const& request, Services& services) {
  auto const size = number_in_query(request, "$top", kPageDefault, kPageMax);
  try {
    auto const page = services.store.list_jobs(read_filter(request), request.query_value("$skip"), size);
    json body{{"value", json::array()}};
    for (auto const& job : page.items) body["value"].push_back(job_resource(job, request.base_url));
    if (!page.next.empty()) body["nextLink"] = next_link(request, page.next);
    return json_reply(200, body);
  } catch (std::invalid_argument const& error) {
    throw bad_request(std::string(error.what()) + ".");
  }
}

std::string operation_url(Request const& request, Services const& services, std::string const& name) {
  return request.base_url + "/subscriptions/" + kSubscription + "/providers/Microsoft.MachineLearningServices/locations/local/mfeOperationResults/jc:" +
         services.identity.workspace_id + ":" + name + "?api-version=" + base::percent_encode(request.query_value("api-version"));
}

Reply cancel(Request const& request, Services& services) {
  auto const& name = parameter(request, "name");
  auto const job = find_job(services.store, name);
  if (store::is_terminal(job.status)) return {.status = 200};
  services.store.request_cancel(name);
  services.runs.cancel_requested(name);
  return {.status = 202, .headers = {{"Location", operation_url(request, services, name)}, {"Retry-After", kRetryAfter}}};
}

/// `jc:{workspace}:{job}`: 202 until the canceled job has ended.
Reply cancel_result(Request const& request, Services& services) {
  auto const& id = parameter(request, "id");
  auto const prefix = "jc:" + services.identity.workspace_id + ":";
  if (!id.starts_with(prefix)) throw not_found("The operation '" + id + "' was not found.", {"NotFound"});
  auto const name = id.substr(prefix.size());
  if (store::is_terminal(find_job(services.store, name).status)) return {.status = 200};
  return {.status = 202, .headers = {{"Location", operation_url(request, services, name)}, {"Retry-After", kRetryAfter}}};
}

}  // namespace

void add_job_routes(std::vector<Route>& table) {
  table.push_back({.operation = "jobs.create_or_update", .method = "PUT", .pattern = "{WS}/jobs/{name}", .handle = create_or_update});
  table.push_back({.operation = "jobs.get", .method = "GET", .pattern = "{WS}/jobs/{name}", .handle = get});
  table.push_back({.operation = "jobs.list", .method = "GET", .pattern = "{WS}/jobs", .handle = list});
  table.push_back({.operation = "jobs.cancel", .method = "POST", .pattern = "{WS}/jobs/{name}/cancel", .handle = cancel});
  table.push_back({.operation = "jobs.delete", .method = "DELETE", .pattern = "{WS}/jobs/{name}", .handle = delete_job});
  table.push_back({.operation = "jobs.cancel_result",
                   .method = "GET",
                   .pattern = "/subscriptions/{sub}/providers/Microsoft.MachineLearningServices/locations/{location}/mfeOperationResults/{id}",
                   .handle = cancel_result});
}

}  // namespace azureml::engine::routes
