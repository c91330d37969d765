#include "engine/front/access.hpp"

#include <gtest/gtest.h>

namespace azureml::tests {
namespace {

using namespace engine::front;
using engine::routes::ApiError;
using engine::routes::Plane;

HostRules const kRules{.port = 41234, .allowed = {"gpu-box", "proxy.example:8443"}};

int host_status(std::string const& host) {
  try {
    kRules.check_host(host);
    return 200;
  } catch (ApiError const& error) {
    return error.status;
  }
}

int origin_status(std::string const& origin) {
  try {
    kRules.check_origin(origin);
    return 200;
  } catch (ApiError const& error) {
    return error.status;
  }
}

TEST(HostRules, LoopbackNamesWithOurPort_AreOurs) {
  for (auto const* const host :
       {"127.0.0.1:41234", "localhost:41234", "LocalHost:41234", "[::1]:41234", "azureml0badcafe.blob.localhost:41234"})
    EXPECT_EQ(host_status(host), 200) << host;
}

TEST(HostRules, AllowedNames_WithAnyOrWithTheirPort) {
  for (auto const* const host : {"gpu-box", "gpu-box:1", "GPU-BOX:41234", "proxy.example:8443"})
    EXPECT_EQ(host_status(host), 200) << host;
}

TEST(HostRules, AnybodyElse_Is403) {
  for (auto const* const host :
       {"evil.example:41234", "127.0.0.1", "127.0.0.1:80", "localhost", "localhost.evil.example:41234",
        "evillocalhost:41234", ".localhost:80", "127.0.0.2:41234", "proxy.example", "proxy.example:1",
        "127.0.0.1:41234, localhost:41234"})
    EXPECT_EQ(host_status(host), 403) << host;
  EXPECT_EQ(host_status(""), 400);
}

TEST(HostRules, Origin_MustBeOurs) {
  EXPECT_EQ(origin_status(""), 200);
  EXPECT_EQ(origin_status("http://127.0.0.1:41234"), 200);
  for (auto const* const origin :
       {"http://evil.example", "null", "https://evil.example:41234", "http://localhost:3000", "127.0.0.1:41234"})
    EXPECT_EQ(origin_status(origin), 403) << origin;
}

TEST(BlobHost, AccountStandsBeforeBlob) {
  EXPECT_EQ(blob_account_of("azureml0badcafe.blob.localhost:1"), "azureml0badcafe");
  EXPECT_EQ(blob_account_of("AzureML1.BLOB.localhost"), "azureml1");
  for (auto const* const host : {"localhost:1", "blob.localhost", ".blob.localhost", "a.blob.", "127.0.0.1:2"})
    EXPECT_FALSE(blob_account_of(host)) << host;
}

constexpr char kScope[] =
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/"
    "Microsoft.MachineLearningServices/workspaces/local";

bool may(Plane plane, std::string const& method, std::string const& pattern, std::string const& path) {
  return run_may({.name = "x", .method = method, .pattern = pattern, .plane = plane}, method, parse_target(path),
                 "run_1");
}

TEST(RunToken, WorkspaceDiscoveryEnvironments_AreReadOnly) {
  EXPECT_TRUE(may(Plane::arm, "GET", "{WS}", kScope));
  EXPECT_TRUE(may(Plane::data, "GET", "/discovery", "/discovery"));
  EXPECT_TRUE(may(Plane::arm, "GET", "{WS}/environments/{name}/versions/{version}",
                  std::string{kScope} + "/environments/e/versions/1"));
  EXPECT_FALSE(may(Plane::arm, "PUT", "{WS}/environments/{name}/versions/{version}",
                   std::string{kScope} + "/environments/e/versions/1"));
  EXPECT_FALSE(may(Plane::arm, "PATCH", "{WS}", kScope));
}

TEST(RunToken, OwnRun_HistoryMetricsAndArtifacts) {
  std::string const history = "/history/v1.0" + std::string{kScope};
  EXPECT_TRUE(may(Plane::data, "GET", "/history/…", history + "/runs/run_1/details"));
  EXPECT_TRUE(may(Plane::data, "PATCH", "/history/…", history + "/experiments/e/runs/run_1"));
  EXPECT_TRUE(may(Plane::data, "POST", "/metric/…", "/metric/v2.0" + std::string{kScope} + "/runs/run_1/batchsync"));
  EXPECT_TRUE(may(Plane::data, "POST", "/artifact/…",
                  "/artifact/v2.0" + std::string{kScope} + "/artifacts/content/ExperimentRun/dcid.run_1/outputs/x"));
}

TEST(RunToken, OtherRunsAndEverythingElse_AreNotItsBusiness) {
  std::string const history = "/history/v1.0" + std::string{kScope};
  EXPECT_FALSE(may(Plane::data, "GET", "/history/…", history + "/runs/run_2/details"));
  EXPECT_FALSE(may(Plane::data, "GET", "/history/…", history + "/runs/run_12"));
  EXPECT_FALSE(may(Plane::data, "GET", "/history/…", history + "/runs/run_2/runs/run_1"));
  EXPECT_FALSE(may(Plane::data, "GET", "/artifact/…",
                   "/artifact/v2.0" + std::string{kScope} + "/artifacts/content/ExperimentRun/dcid.run_12/x"));
  EXPECT_FALSE(may(
      Plane::data, "GET", "/artifact/…",
      "/artifact/v2.0" + std::string{kScope} + "/artifacts/content/ExperimentRun/dcid.run_2/ExperimentRun/dcid.run_1"));
  EXPECT_FALSE(may(Plane::arm, "GET", "{WS}/jobs/{name}", std::string{kScope} + "/jobs/run_1"));
  EXPECT_FALSE(may(Plane::arm, "PUT", "{WS}/jobs/{name}", std::string{kScope} + "/jobs/new"));
  EXPECT_FALSE(
      may(Plane::arm, "POST", "{WS}/datastores/{name}/listSecrets", std::string{kScope} + "/datastores/d/listSecrets"));
  EXPECT_FALSE(may(Plane::engine, "POST", "/engine/v1/stop", "/engine/v1/stop"));
}

}  // namespace
}  // namespace azureml::tests
