#include "engine/routes/job_input.hpp"
#include "engine/routes/members.hpp"
#include "engine/routes/run_lists.hpp"
#include "engine/routes/run_reply.hpp"
#include "engine/routes/services.hpp"
#include "engine/routes/wire.hpp"

#include <algorithm>

namespace azureml::engine::routes {
namespace {

void check_keys(store::StringMap const& map, char const* member) {
  if (map.contains("")) throw bad_request(std::string("The member '") + member + "' has an empty key.");
}

Reply store_labels(store::JobRecord const& job, Services& services) {
  services.store.update_job_labels(job);
  return json_reply(200, run_resource(job, services));
}

bool is_text_list(json const& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), [](json const& each) { return each.is_string(); });
}

}  // namespace

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
  auto const tags = text_map(body, "tags"), properties = text_map(body, "properties");
  check_keys(tags, "tags");
  check_keys(properties, "properties");
  for (auto const& [key, value] : tags) job.tags[key] = value;
  for (auto const& [key, value] : properties) {
    auto const [known, added] = job.properties.emplace(key, value);
    if (!added && known->second != value) {
      throw bad_request("The property '" + key + "' of the run '" + job.name + "' has another value and cannot be changed; properties are written once.");
    }
  }
  return store_labels(job, services);
}

Reply patch_tags(Request const& request, Services& services) {
  auto const body = parse_object(request);
  auto job = find_run(request, services);
  bool const texts = std::all_of(body.begin(), body.end(), [](json const& value) { return value.is_string() || value.is_null(); });
  if (!texts) throw bad_request("The values of tags must be strings.");
  auto const tags = text_map(json{{"tags", body}}, "tags");
  check_keys(tags, "tags");
  for (auto const& [key, value] : tags) job.tags[key] = value;
  return store_labels(job, services);
}

Reply delete_tags(Request const& request, Services& services) {
  auto const body = json::parse(request.body, nullptr, false);
  auto const keys = body.is_object() ? body.value("tags", json()) : body;
  if (!is_text_list(keys)) throw bad_request("The body must be a list of the tags to delete, or an object with such a list as 'tags'.");
  auto job = find_run(request, services);
  for (auto const& key : keys) job.tags.erase(key.get<std::string>());
  return store_labels(job, services);
}

}  // namespace azureml::engine::routes
