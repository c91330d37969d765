#include "engine/front/service_operations.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <array>

namespace azureml::engine::front {

using base::equal_ignoring_case;

namespace {

/// Children of a workspace in the service's published resource manager specification.
constexpr std::array<std::string_view, 37> kWorkspaceChildren{"batchEndpoints",
                                                              "codes",
                                                              "components",
                                                              "computes",
                                                              "connections",
                                                              "data",
                                                              "datastores",
                                                              "diagnose",
                                                              "endpoints",
                                                              "environments",
                                                              "experiments",
                                                              "featuresets",
                                                              "featurestoreEntities",
                                                              "inferencePools",
                                                              "jobs",
                                                              "labelingJobs",
                                                              "listConnectionModels",
                                                              "listKeys",
                                                              "listNotebookAccessToken",
                                                              "listNotebookKeys",
                                                              "listStorageAccountKeys",
                                                              "managedNetworks",
                                                              "marketplaceSubscriptions",
                                                              "models",
                                                              "notebooks",
                                                              "onlineEndpoints",
                                                              "outboundNetworkDependenciesEndpoints",
                                                              "outboundRules",
                                                              "prepareNotebook",
                                                              "privateEndpointConnections",
                                                              "privateLinkResources",
                                                              "promptFlows",
                                                              "provisionManagedNetwork",
                                                              "resyncKeys",
                                                              "schedules",
                                                              "serverlessEndpoints",
                                                              "features"};

/// First segments of the data planes' paths.
constexpr std::array<std::string_view, 22> kDataPlanes{
    "artifact",     "assetstore",  "content",   "data",         "dataset",         "datastore",
    "devplatform",  "environment", "execution", "experiments",  "history",         "hyperdrive",
    "index",        "metric",      "mferp",     "mlflow",       "modelmanagement", "modelregistry",
    "notification", "pipelines",   "quota",     "studioservice"};

template <std::size_t N>
bool holds(std::array<std::string_view, N> const& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view each) { return equal_ignoring_case(each, name); });
}

/// The index of `workspaces` in a path that holds a workspace's scope.
std::optional<std::size_t> workspace_index(Target const& target) {
  auto const& s = target.segments;
  for (std::size_t i = 0; i + 1 < s.size(); ++i) {
    if (equal_ignoring_case(s[i], "workspaces") && i > 0 &&
        equal_ignoring_case(s[i - 1], "Microsoft.MachineLearningServices"))
      return i;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> missing_operation(std::string_view method, Target const& target) {
  auto const& s = target.segments;
  if (s.empty()) return std::nullopt;
  std::string const verb{method};
  auto const workspace = workspace_index(target);
  if (equal_ignoring_case(s.front(), "subscriptions")) {
    if (!workspace) return std::nullopt;
    auto const child = *workspace + 2;
    if (child >= s.size() || s[child].empty()) return verb + " workspaces";
    if (!holds(kWorkspaceChildren, s[child])) return std::nullopt;
    std::string name = verb + " workspaces/" + s[child];
    // Names of resources stand at every second place; what is left are types and actions.
    for (auto i = child + 2; i < s.size() && !s[i].empty(); i += 2) name += '/' + s[i];
    return name;
  }
  if (!holds(kDataPlanes, s.front())) return std::nullopt;
  std::string name = verb + ' ' + s.front();
  if (workspace && *workspace + 2 < s.size()) name += '/' + s[*workspace + 2];
  return name;
}

}  // namespace azureml::engine::front
