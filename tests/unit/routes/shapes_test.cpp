#include "routes_fixture.hpp"

#include <fstream>
#include <set>

namespace azureml::engine::routes {
namespace {

json recorded(std::string const& name) {
  std::ifstream in{std::string(AZUREML_TEST_DATA) + "/routes/" + name};
  return json::parse(in).at("reply");
}

/// Every member of the recorded answer is in ours, at every depth; `outputs.default` is left out on purpose.
void expect_members(json const& theirs, json const& ours, std::string const& path) {
  if (!theirs.is_object()) return;
  if (!ours.is_object()) {
    // Null on either side says nothing about members.
    EXPECT_TRUE(theirs.empty()) << path;
    return;
  }
  for (auto const& [name, value] : theirs.items()) {
    auto const here = path + "." + name;
    if (here == ".properties.outputs.default" || path == ".properties.properties" || path == ".properties.tags") continue;
    if (path == ".properties.inputs") continue;
    EXPECT_TRUE(ours.contains(name)) << here;
    if (ours.contains(name)) expect_members(value, ours.at(name), here);
  }
}

TEST_F(RoutesTest, JobReply_HasEveryRecordedMember) {
  an_environment();
  auto const reply = ask_json(put_job("r1", command_job()), 201);
  auto const theirs = recorded("command_job_submit.json");
  expect_members(theirs, reply, "");
  EXPECT_EQ(reply.at("type"), theirs.at("type"));
  EXPECT_EQ(reply.at("properties").at("status"), theirs.at("properties").at("status"));
  EXPECT_EQ(reply.at("properties").at("queueSettings"), theirs.at("properties").at("queueSettings"));
  EXPECT_EQ(reply.at("properties").at("resources"), theirs.at("properties").at("resources"));
  for (auto const* object : {"services", "outputs", "properties", "tags", "parameters", "inputs"}) {
    EXPECT_TRUE(reply.at("properties").at(object).is_object()) << object;
  }
  EXPECT_TRUE(reply.at("properties").at("services").at("Tracking").at("endpoint").get<std::string>().ends_with("?"));
}

TEST_F(RoutesTest, CodeReply_HasEveryRecordedMember) {
  a_code("c");
  auto const reply = ask_json({.address = arm("codes/c/versions/1")});
  expect_members(recorded("code_version.json"), reply, "");
  EXPECT_EQ(reply.at("type"), recorded("code_version.json").at("type"));
  EXPECT_EQ(reply.at("name"), "1");
}

TEST_F(RoutesTest, EnvironmentReply_HasEveryRecordedMember) {
  an_environment();
  expect_members(recorded("environment_with_conda.json"), ask_json({.address = arm("environments/env/versions/1")}), "");
}

TEST_F(RoutesTest, Datastores_HaveTheRecordedShapeWithoutSecrets) {
  auto const list = ask_json({.address = arm("datastores", "count=30&isDefault=true&orderByAsc=false")});
  ASSERT_EQ(list.at("value").size(), 1U);
  EXPECT_EQ(list.at("value")[0].at("name"), "workspaceblobstore");
  EXPECT_EQ(ask_json({.address = arm("datastores")}).at("value").size(), 2U);
  EXPECT_EQ(ask_json({.address = arm("datastores", "names=workspaceartifactstore")}).at("value").size(), 1U);
  auto const store = ask_json({.address = arm("datastores/workspaceartifactstore")});
  expect_members(recorded("datastore.json"), store, "");
  EXPECT_EQ(store.at("properties").at("containerName"), "azureml");
  EXPECT_EQ(store.dump().find(identity_.account_key), std::string::npos);
  EXPECT_EQ(refusal({.address = arm("datastores/absent")}).status, 404);
  EXPECT_EQ(refusal({.method = "PUT", .address = arm("datastores/x")}).status, 400);
}

TEST_F(RoutesTest, Computes_AreTwo) {
  EXPECT_EQ(ask_json({.address = arm("computes")}).at("value").size(), 2U);
  auto const compute = ask_json({.address = arm("computes/LOCAL")});
  EXPECT_EQ(compute.at("name"), "local");
  EXPECT_EQ(compute.at("properties").at("computeType"), "AmlCompute");
  EXPECT_TRUE(compute.at("properties").at("properties").contains("vmSize"));
  EXPECT_EQ(refusal({.address = arm("computes/absent")}).status, 404);
  EXPECT_EQ(refusal({.method = "PUT", .address = arm("computes/x")}).status, 400);
  EXPECT_EQ(refusal({.method = "DELETE", .address = arm("computes/local")}).status, 400);
}

TEST_F(RoutesTest, WorkspaceAndDiscovery_LeadToTheEngine) {
  auto const workspace = ask_json({.address = std::string(kScope) + "?api-version=2024-04-01"});
  EXPECT_EQ(workspace.at("name"), "local");
  EXPECT_EQ(workspace.at("location"), "local");
  EXPECT_EQ(workspace.at("properties").at("workspaceId"), identity_.workspace_id);
  EXPECT_EQ(workspace.at("properties").at("mlFlowTrackingUri"), std::string("azureml://127.0.0.1:4321/mlflow/v1.0") + kScope);
  auto const address = local_part(workspace.at("properties").at("discoveryUrl"));
  auto const discovery = ask_json({.address = address});
  for (auto const* key : {"api", "history", "artifact", "metric", "experimentation", "hyperdrive", "catalog", "gallery", "labeling", "modelmanagement",
                          "pipelines", "quota-manager", "studio"}) {
    EXPECT_EQ(discovery.at(key), kBase) << key;
  }
  EXPECT_EQ(discovery.at("azureml-cpp").at("followWaitMs"), 20000);
  EXPECT_EQ(discovery.at("azureml-cpp").at("connections"), false);
  EXPECT_EQ(discovery.at("azureml-cpp").at("jobSecrets"), false);
  EXPECT_TRUE(discovery.at("azureml-cpp").at("version").is_string());
  EXPECT_EQ(ask_json({.address = address + "/workspaces/x"}), discovery);
  auto const list = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces";
  EXPECT_EQ(ask_json({.address = list}).at("value")[0], workspace);
}

TEST(RoutesTable, EachRoute_HasOneHandlerAndNoTwin) {
  std::set<std::string> seen;
  for (auto const& route : all_routes()) {
    EXPECT_NE(static_cast<bool>(route.handle), static_cast<bool>(route.upload)) << route.operation;
    EXPECT_FALSE(route.operation.empty());
    EXPECT_TRUE(seen.insert(route.method + " " + base::to_lower_ascii(route.pattern)).second) << route.method << " " << route.pattern;
    EXPECT_EQ(route.auth == Auth::sas, route.plane == Plane::blob) << route.operation;
    if (route.auth == Auth::none) { EXPECT_EQ(route.operation, "discovery.get"); }
  }
  EXPECT_GE(seen.size(), 50U);
}

}  // namespace
}  // namespace azureml::engine::routes
