#include "engine/routes/services.hpp"
#include "engine/routes/tables.hpp"
#include "engine/routes/wire.hpp"

#include <array>

namespace azureml::engine::routes {
namespace {

constexpr std::array<char const*, 2> kNames{"workspaceblobstore", "workspaceartifactstore"};

json datastore_resource(std::string const& name, Request const& request, Services const& services) {
  bool const is_default = name == kNames[0];
  auto const& base = request.base_url;
  auto const scheme_end = base.find("://");
  json properties{{"description", nullptr},
                  {"tags", json::object()},
                  {"properties", nullptr},
                  {"isDefault", is_default},
                  {"credentials", {{"credentialsType", "AccountKey"}}},
                  {"subscriptionId", kSubscription},
                  {"resourceGroup", kResourceGroup},
                  {"datastoreType", "AzureBlob"},
                  {"accountName", services.identity.storage_account},
                  {"containerName", is_default ? "azureml-blobstore-" + services.identity.workspace_id : "azureml"},
                  {"endpoint", base.substr(scheme_end + 3)},
                  {"protocol", base.substr(0, scheme_end)},
                  {"serviceDataAccessAuthIdentity", is_default ? "WorkspaceSystemAssignedIdentity" : "None"}};
  return envelope(workspace_id() + "/datastores/" + name, name, "datastores", std::move(properties), store::TimePoint{});
}

bool is_asked_for(Request const& request, std::string const& name) {
  auto const wanted = request.query_value("isDefault");
  if (!wanted.empty() && base::equal_ignoring_case(wanted, "true") != (name == kNames[0])) return false;
  bool any_name = false;
  for (auto const& [key, value] : request.query) {
    if (!base::equal_ignoring_case(key, "names")) continue;
    if (value == name) return true;
    any_name = true;
  }
  return !any_name;
}

Reply list(Request const& request, Services& services) {
  json body{{"value", json::array()}};
  for (std::string const name : kNames) {
    if (is_asked_for(request, name)) body["value"].push_back(datastore_resource(name, request, services));
  }
  return json_reply(200, body);
}

std::string known_name(Request const& request) {
  auto const& name = parameter(request, "name");
  for (auto const* known : kNames) {
    if (base::equal_ignoring_case(known, name)) return known;
  }
  throw not_found("Could not find datastore: " + name + ".", {"NotFoundError"});
}

Reply get(Request const& request, Services& services) { return json_reply(200, datastore_resource(known_name(request), request, services)); }

Reply refuse_secrets(Request const& request, Services&) {
  throw bad_request("The secrets of the datastore '" + known_name(request) + "' (listSecrets) are not given out by this engine yet.");
}

Reply refuse_change(Request const& request, Services&) {
  throw bad_request("The datastore '" + parameter(request, "name") + "' cannot be created, changed or deleted: this engine has 'workspaceblobstore' and "
                    "'workspaceartifactstore' and does not support others yet.");
}

}  // namespace

void add_datastore_routes(std::vector<Route>& table) {
  table.push_back({.operation = "datastores.list", .method = "GET", .pattern = "{WS}/datastores", .handle = list});
  table.push_back({.operation = "datastores.get", .method = "GET", .pattern = "{WS}/datastores/{name}", .handle = get});
  table.push_back({.operation = "datastores.create_or_update", .method = "PUT", .pattern = "{WS}/datastores/{name}", .handle = refuse_change});
  table.push_back({.operation = "datastores.delete", .method = "DELETE", .pattern = "{WS}/datastores/{name}", .handle = refuse_change});
  table.push_back({.operation = "datastores.list_secrets", .method = "POST", .pattern = "{WS}/datastores/{name}/listSecrets", .handle = refuse_secrets});
}

}  // namespace azureml::engine::routes
