#include "unit/rest/rest_fixture.hpp"

namespace azureml::rest {
namespace {

using namespace std::chrono_literals;

struct Workspaces : RestTest {};

TEST_F(Workspaces, Get_ReadsWhatTheClientNeeds) {
  answer(
      R"({"id":"/subscriptions/s/x","name":"ws","location":"eastus2","tags":{},"properties":{"workspaceId":"8e7d","discoveryUrl":"https://eastus2.api.azureml.ms/discovery","containerRegistry":null}})");
  auto const found = get_workspace(connection, {});
  EXPECT_EQ(found.id, "/subscriptions/s/x");
  EXPECT_EQ(found.name, "ws");
  EXPECT_EQ(found.location, "eastus2");
  EXPECT_EQ(found.workspace_id, "8e7d");
  EXPECT_EQ(found.discovery_url, "https://eastus2.api.azureml.ms/discovery");
}

TEST_F(Workspaces, Discovery_IsAskedWithoutAToken) {
  answer(R"({"api":"https://eastus2.api.azureml.ms","history":"https://eastus2.experiments.azureml.net"})");
  auto const found = get_discovery(connection, "https://eastus2.api.azureml.ms/discovery", {});
  EXPECT_EQ(asked().url, "https://eastus2.api.azureml.ms/discovery");
  EXPECT_EQ(asked().auth, http::AuthKind::none);
  EXPECT_EQ(asked().header("Authorization"), "");
  EXPECT_EQ(found.api, "https://eastus2.api.azureml.ms");
  EXPECT_EQ(found.follow_wait, std::nullopt);
  EXPECT_FALSE(found.connections);
  EXPECT_FALSE(found.job_secrets);
}

TEST_F(Workspaces, Capabilities_AreThoseAnnounced) {
  answer(
      R"({"api":"http://127.0.0.1:1","azureml-cpp":{"followWaitMs":20000,"connections":false,"jobSecrets":true,"newer":7}})");
  auto const found = get_discovery(connection, "http://127.0.0.1:1/discovery", {});
  EXPECT_EQ(found.follow_wait, 20s);
  EXPECT_FALSE(found.connections);
  EXPECT_TRUE(found.job_secrets);
}

TEST_F(Workspaces, OddCapabilities_AreAbsentOrBounded) {
  answer(R"({"api":"a","azureml-cpp":{"followWaitMs":0,"connections":"true"}})");
  auto const odd = get_discovery(connection, "http://h/discovery", {});
  EXPECT_EQ(odd.follow_wait, std::nullopt);
  EXPECT_FALSE(odd.connections);
  answer(R"({"api":"a","azureml-cpp":{"followWaitMs":2000000000}})");
  EXPECT_EQ(get_discovery(connection, "http://h/discovery", {}).follow_wait, 10min);
  answer(R"({"api":"a","azureml-cpp":null})");
  EXPECT_EQ(get_discovery(connection, "http://h/discovery", {}).follow_wait, std::nullopt);
}

TEST_F(Workspaces, Compute_IsRead) {
  answer(R"({"name":"cpu-cluster","properties":{"computeType":"AmlCompute","provisioningState":"Succeeded"}})");
  auto const compute = get_compute(connection, "cpu-cluster", {});
  EXPECT_EQ(asked().url, workspace + "/computes/cpu-cluster?api-version=2024-04-01");
  EXPECT_EQ(compute.name, "cpu-cluster");
  EXPECT_EQ(compute.type, "AmlCompute");
  EXPECT_EQ(compute.provisioning_state, "Succeeded");
}

TEST_F(Workspaces, DefaultDatastore_IsTheOneThatSaysSoOnWhateverPage) {
  answer(R"({"value":[],"nextLink":"https://management.azure.com/next?$skip=a"})");
  answer(
      R"({"value":[{"name":"other","properties":{"isDefault":false}},{"name":"blob","properties":{"isDefault":true}}]})");
  auto const datastore = get_default_datastore(connection, {});
  ASSERT_TRUE(datastore);
  EXPECT_EQ(datastore->name, "blob");
  EXPECT_EQ(asked(0).url, workspace + "/datastores?api-version=2024-04-01&isDefault=true&count=30&orderByAsc=false");
  EXPECT_EQ(asked(1).url, "https://management.azure.com/next?$skip=a");
}

TEST_F(Workspaces, NoDefaultDatastore_IsNone) {
  answer(R"({"value":[],"nextLink":null})");
  EXPECT_FALSE(get_default_datastore(connection, {}).has_value());
}

}  // namespace
}  // namespace azureml::rest
