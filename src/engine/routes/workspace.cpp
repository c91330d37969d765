#include "engine/routes/services.hpp"
#include "engine/routes/tables.hpp"
#include "engine/routes/wire.hpp"

#include <array>

namespace azureml::engine::routes {
namespace {

/// Every service of the data plane is this engine. The names are those that clients look up.
constexpr std::array<char const*, 24> kDiscoveryKeys{
    "api",         "artifact",     "assetstore", "catalog",  "experimentation", "gallery",         "history",    "hyperdrive",
    "inferencing", "labeling",     "metric",     "mlflow",   "modelmanagement", "modelregistry",   "notebooks",  "data",
    "environment", "execution",    "pipelines",  "studio",   "quota-manager",   "project-content", "datastore",  "resourcemanager"};

json workspace_resource(Request const& request, Services const& services) {
  auto const provider = std::string("/subscriptions/") + kSubscription + "/resourceGroups/" + kResourceGroup + "/providers/";
  auto const& base = request.base_url;
  auto const host = base.substr(base.find("://") + 3);
  json properties{{"friendlyName", kWorkspace},
                  {"description", ""},
                  {"storageAccount", provider + "Microsoft.Storage/storageAccounts/" + services.identity.storage_account},
                  {"keyVault", nullptr},
                  {"applicationInsights", nullptr},
                  {"containerRegistry", nullptr},
                  {"hbiWorkspace", false},
                  {"tenantId", kSubscription},
                  {"imageBuildCompute", nullptr},
                  {"provisioningState", "Succeeded"},
                  {"v1LegacyMode", false},
                  {"softDeleteEnabled", false},
                  {"notebookInfo", nullptr},
                  {"storageHnsEnabled", false},
                  {"workspaceId", services.identity.workspace_id},
                  {"privateLinkCount", 0},
                  {"publicNetworkAccess", "Disabled"},
                  {"discoveryUrl", base + "/discovery"},
                  {"mlFlowTrackingUri", "azureml://" + host + "/mlflow/v1.0" + workspace_id()}};
  return {{"id", workspace_id()},
          {"name", kWorkspace},
          {"type", "Microsoft.MachineLearningServices/workspaces"},
          {"location", "local"},
          {"tags", json::object()},
          {"etag", nullptr},
          {"properties", std::move(properties)},
          {"identity", {{"type", "SystemAssigned"}, {"principalId", services.identity.workspace_id}, {"tenantId", kSubscription}}},
          {"sku", {{"name", "Basic"}, {"tier", "Basic"}}},
          {"kind", "Default"},
          {"systemData", json::object()}};
}

Reply get(Request const& request, Services& services) { return json_reply(200, workspace_resource(request, services)); }

Reply list(Request const& request, Services& services) {
  return json_reply(200, {{"value", json::array({workspace_resource(request, services)})}});
}

Reply discovery(Request const& request, Services& services) {
  json body = json::object();
  for (auto const* key : kDiscoveryKeys) body[key] = request.base_url;
  json capabilities{{"version", AZUREML_ENGINE_VERSION}, {"connections", false}, {"jobSecrets", false}};
  if (services.follow_wait_max.count() > 0) capabilities["followWaitMs"] = services.follow_wait_max.count();
  body["azureml-cpp"] = std::move(capabilities);
  auto reply = json_reply(200, body);
  reply.headers["x-ms-response-type"] = "standard";
  return reply;
}

}  // namespace

void add_workspace_routes(std::vector<Route>& table) {
  table.push_back({.operation = "workspaces.get", .method = "GET", .pattern = "{WS}", .handle = get});
  table.push_back({.operation = "workspaces.list_by_resource_group",
                   .method = "GET",
                   .pattern = "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.MachineLearningServices/workspaces",
                   .handle = list});
  table.push_back({.operation = "workspaces.list_by_subscription",
                   .method = "GET",
                   .pattern = "/subscriptions/{sub}/providers/Microsoft.MachineLearningServices/workspaces",
                   .handle = list});
  for (auto const* pattern : {"/discovery", "/discovery/{rest...}"}) {
    table.push_back(
        {.operation = "discovery.get", .method = "GET", .pattern = pattern, .plane = Plane::data, .auth = Auth::none, .handle = discovery});
  }
}

}  // namespace azureml::engine::routes
