#include "engine/routes/conda_text.hpp"
#include "engine/routes/job_input.hpp"
#include "engine/routes/members.hpp"
#include "engine/routes/services.hpp"
#include "engine/routes/tables.hpp"
#include "engine/routes/version_list.hpp"
#include "engine/routes/wire.hpp"

namespace azureml::engine::routes {
namespace {

json environment_resource(store::EnvironmentRecord const& environment) {
  auto extra = environment.properties;
  extra.emplace("azureml.labels", environment.anonymous ? "" : "latest");
  json properties{{"description", environment.description.empty() ? json() : json(environment.description)},
                  {"tags", environment.tags},
                  {"properties", extra},
                  {"isArchived", environment.archived},
                  {"isAnonymous", environment.anonymous},
                  {"autoDeleteSetting", nullptr},
                  {"environmentType", "UserCreated"},
                  {"image", environment.image.empty() ? json() : json(environment.image)},
                  {"condaFile", conda_as_json(environment.conda_file)},
                  {"build", environment.build.empty() ? json() : json::parse(environment.build, nullptr, false)},
                  {"osType", "Linux"},
                  {"autoRebuild", "Disabled"},
                  {"inferenceConfig", nullptr},
                  {"provisioningState", "Succeeded"},
                  {"stage", environment.anonymous ? "Logged" : "Development"},
                  {"intellectualProperty", nullptr}};
  return envelope(environment_id(environment.name, environment.version), environment.version, "environments/versions", std::move(properties),
                  environment.created);
}

std::string const& checked_name(Request const& request) {
  auto const& name = parameter(request, "name");
  if (!is_asset_name(name)) throw bad_request("The name '" + name + "' of the environment is not valid.");
  return name;
}

Reply get_container(Request const& request, Services& services) {
  auto const& name = checked_name(request);
  auto const versions = services.store.list_environment_versions(name);
  if (versions.empty()) throw not_found("Environment container " + name + " not found.", {"NotFoundError"});
  return json_reply(200, container_resource("environments", name, versions));
}

Reply list_versions(Request const& request, Services& services) {
  json body{{"value", json::array()}};
  for (auto const& each : ordered_versions(request, services.store.list_environment_versions(checked_name(request)))) {
    body["value"].push_back(environment_resource(each));
  }
  return json_reply(200, body);
}

Reply get_version(Request const& request, Services& services) {
  auto const& name = parameter(request, "name");
  auto const& version = parameter(request, "version");
  auto const environment = services.store.find_environment(name, version);
  if (!environment) throw not_found("Environment version " + name + ":" + version + " (environmentContainerName:version) not found.", {"NotFoundError"});
  return json_reply(200, environment_resource(*environment));
}

bool flag(json const& properties, char const* name) {
  auto const found = properties.find(name);
  return found != properties.end() && found->is_boolean() && found->get<bool>();
}

store::EnvironmentRecord read_environment(Request const& request, Services const& services) {
  auto const body = parse_object(request);
  check_members(request.body, body, environment_version_type());
  auto const properties = body.value("properties", json::object());
  store::EnvironmentRecord environment{.name = checked_name(request),
                                       .version = parameter(request, "version"),
                                       .image = text_member(properties, "image"),
                                       .conda_file = text_member(properties, "condaFile"),
                                       .description = text_member(properties, "description"),
                                       .tags = text_map(properties, "tags"),
                                       .properties = text_map(properties, "properties"),
                                       .anonymous = flag(properties, "isAnonymous"),
                                       .archived = flag(properties, "isArchived"),
                                       .created = services.clock.now()};
  if (auto const build = properties.find("build"); build != properties.end() && build->is_object()) environment.build = to_text(*build);
  if (environment.image.empty() && environment.build.empty()) {
    throw bad_request("The environment '" + environment.name + "' needs an image or a build context.");
  }
  if (auto const system = text_member(properties, "osType", "Linux"); !base::equal_ignoring_case(system, "Linux")) {
    throw bad_request("The operating system '" + system + "' (osType) is not supported by this engine; it must be 'Linux'.");
  }
  (void)conda_as_json(environment.conda_file);
  return environment;
}

/// YAML and the JSON that this engine gave back for it are the same content.
bool equal_content(store::EnvironmentRecord const& a, store::EnvironmentRecord const& b) {
  return a.image == b.image && a.build == b.build && conda_as_json(a.conda_file) == conda_as_json(b.conda_file);
}

Reply put_version(Request const& request, Services& services) {
  auto environment = read_environment(request, services);
  if (!services.store.add_environment(environment)) {
    auto const existing = services.store.find_environment(environment.name, environment.version);
    if (!existing || !equal_content(*existing, environment)) {
      throw bad_request("The environment '" + environment.name + "' has a version '" + environment.version +
                        "' with other content; an existing version cannot be changed, register it under a new one.");
    }
    environment = *existing;
  }
  // The service answers so even when the version was there with this content.
  auto reply = json_reply(201, environment_resource(environment));
  reply.headers["Location"] = resource_url(request, environment_id(environment.name, environment.version));
  return reply;
}

}  // namespace

void add_environment_routes(std::vector<Route>& table) {
  table.push_back({.operation = "environments.get", .method = "GET", .pattern = "{WS}/environments/{name}", .handle = get_container});
  table.push_back({.operation = "environment_versions.list", .method = "GET", .pattern = "{WS}/environments/{name}/versions", .handle = list_versions});
  table.push_back({.operation = "environment_versions.get", .method = "GET", .pattern = "{WS}/environments/{name}/versions/{version}", .handle = get_version});
  table.push_back(
      {.operation = "environment_versions.create_or_update", .method = "PUT", .pattern = "{WS}/environments/{name}/versions/{version}", .handle = put_version});
}

}  // namespace azureml::engine::routes
