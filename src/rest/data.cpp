#include "rest/requests.hpp"
#include "rest/rest.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {

namespace {

std::string version_path(std::string const& name, std::string const& version) {
  return "/data/" + segment(name) + "/versions/" + segment(version);
}

std::string describe(std::string const& name, std::string const& version) {
  return "the data asset '" + name + "' in version '" + version + "'";
}

DataVersion read_data(Json const& resource, std::string const& name, std::string const& version,
                      std::string_view what) {
  auto const& properties = member(resource, "properties");
  return {.id = required(resource, "id", what),
          .name = name,
          .version = version,
          .type = text(properties, "dataType"),
          .uri = text(properties, "dataUri"),
          .description = text(properties, "description"),
          .tags = string_map(properties, "tags"),
          .properties = string_map(properties, "properties")};
}

}  // namespace

DataVersion get_data(Connection const& connection, std::string const& name, std::string const& version,
                     Context const& context) {
  auto const what = "get " + describe(name, version);
  return read_data(exchange(connection, get_request(arm_url(connection, version_path(name, version))), what, context),
                   name, version, what);
}

std::string get_latest_data_version(Connection const& connection, std::string const& name, Context const& context) {
  auto const what = "get the latest version of the data asset '" + name + "'";
  auto const answer = exchange(connection, get_request(arm_url(connection, "/data/" + segment(name))), what, context);
  return required(member(answer, "properties"), "latestVersion", what);
}

DataVersion put_data(Connection const& connection, DataVersion const& data, Context const& context) {
  auto const what = "create " + describe(data.name, data.version);
  Json properties{{"dataType", data.type}, {"dataUri", data.uri}, {"isAnonymous", false}, {"isArchived", false}};
  if (!data.description.empty()) properties["description"] = data.description;
  if (!data.tags.empty()) properties["tags"] = data.tags;
  if (!data.properties.empty()) properties["properties"] = data.properties;
  auto const answer = exchange(connection,
                               json_request("PUT", arm_url(connection, version_path(data.name, data.version)),
                                            {{"properties", std::move(properties)}}),
                               what, context);
  return read_data(answer, data.name, data.version, what);
}

}  // namespace azureml::rest
