#include "rest/requests.hpp"
#include "rest/rest.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {

namespace {

constexpr int kPagesMax = 100;

DatastoreResource read_datastore(Json const& resource, std::string_view what) {
  auto const& properties = member(resource, "properties");
  return {.name = required(resource, "name", what),
          .type = text(properties, "datastoreType"),
          .is_default = flag(properties, "isDefault")};
}

}  // namespace

DatastoreResource get_datastore(Connection const& connection, std::string const& name, Context const& context) {
  auto const what = "get the datastore '" + name + "'";
  return read_datastore(
      exchange(connection, get_request(arm_url(connection, "/datastores/" + segment(name))), what, context), what);
}

std::optional<DatastoreResource> get_default_datastore(Connection const& connection, Context const& context) {
  constexpr std::string_view kWhat = "get the default datastore";
  auto url = arm_url(connection, "/datastores", {{"isDefault", "true"}, {"count", "30"}, {"orderByAsc", "false"}});
  for (int page = 0; page < kPagesMax && !url.empty(); ++page) {
    auto const answer = exchange(connection, get_request(url), kWhat, context);
    for (auto const& resource : member(answer, "value")) {
      if (auto datastore = read_datastore(resource, kWhat); datastore.is_default) return datastore;
    }
    url = text(answer, "nextLink");
  }
  return {};
}

}  // namespace azureml::rest
