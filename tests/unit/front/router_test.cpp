#include "engine/front/router.hpp"

#include "engine/front/target.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace azureml::tests {
namespace {

using namespace engine::front;
using engine::routes::ApiError;
using engine::routes::Auth;
using engine::routes::Plane;
using engine::routes::Reply;
using engine::routes::Request;

constexpr char kScope[] =
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/"
    "Microsoft.MachineLearningServices/workspaces/local";

Operation route(std::string name, std::string method, std::string pattern, Plane plane = Plane::arm) {
  return {.name = std::move(name),
          .method = std::move(method),
          .pattern = std::move(pattern),
          .plane = plane,
          .handle = [](Request const&) { return Reply{}; }};
}

Router a_router() {
  std::vector<Operation> table;
  table.push_back(route("jobs.get", "GET", "{WS}/jobs/{name}"));
  table.push_back(route("jobs.put", "PUT", "{WS}/jobs/{name}"));
  table.push_back(route("jobs.list", "GET", "{WS}/jobs"));
  table.push_back(route("artifact.content", "GET",
                        "/artifact/v2.0{WS}/artifacts/content/{origin}/{container}/{path...}", Plane::data));
  table.push_back(route("artifact.run", "GET",
                        "/artifact/v2.0{WS}/artifacts/content/ExperimentRun/dcid.{run}/{path...}", Plane::data));
  table.push_back(route("blob.get", "GET", "/{account}/{container}/{blob...}", Plane::blob));
  table.push_back(route("container.list", "GET", "/{account}/{container}", Plane::blob));
  table.push_back(route("blob.head", "HEAD", "/{account}/{container}/{blob...}", Plane::blob));
  return Router{std::move(table), "azureml0badcafe"};
}

Match find(std::string const& method, std::string const& path) {
  return a_router().match(method, parse_target(path));
}

/// The operation's name; the router that owns it is gone by then, so it is read at once.
std::string name_of(std::string const& method, std::string const& path) {
  auto const router = a_router();
  auto const match = router.match(method, parse_target(path));
  return match.operation != nullptr ? match.operation->name : "none";
}

int refused(std::string const& path) {
  try {
    (void)parse_target(path);
    return 0;
  } catch (ApiError const& error) {
    return error.status;
  }
}

ApiError unmatched(std::string const& method, std::string const& path) {
  auto const router = a_router();
  auto const target = parse_target(path);
  try {
    check_scope(target);
    refuse_unmatched(method, target, router.match(method, target));
  } catch (ApiError const& error) {
    return error;
  }
}

TEST(Router, LiteralSegments_MatchWithoutRegardToCase) {
  auto path = std::string{kScope} + "/JOBS/My-Job";
  path.replace(path.find("resourceGroups"), 14, "resourcegroups");
  EXPECT_EQ(name_of("GET", path), "jobs.get");
  EXPECT_EQ(find("GET", path).parameters.at("name"), "My-Job");
}

TEST(Router, Captures_AreDecoded) {
  EXPECT_EQ(find("GET", std::string{kScope} + "/jobs/a%20b%25c").parameters.at("name"), "a b%c");
}

TEST(Router, Method_DecidesBetweenEntriesOfOnePath) {
  EXPECT_EQ(name_of("PUT", std::string{kScope} + "/jobs/x"), "jobs.put");
}

TEST(Router, TrailingOrLeadingSlashes_SayNothing) {
  EXPECT_EQ(name_of("GET", std::string{kScope} + "/jobs/"), "jobs.list");
  EXPECT_EQ(name_of("GET", "/" + std::string{kScope} + "/jobs"), "jobs.list");
}

TEST(Router, RestOfThePath_HoldsItsSlashes) {
  auto const match =
      find("GET", "/artifact/v2.0" + std::string{kScope} + "/artifacts/content/LocalUpload/abc/x/y%2fz.txt");
  EXPECT_EQ(match.parameters.at("path"), "x/y/z.txt");
  EXPECT_EQ(match.parameters.at("container"), "abc");
}

TEST(Router, LiteralPartOfASegment_WinsOverACapture) {
  auto const path = "/artifact/v2.0" + std::string{kScope} + "/artifacts/content/ExperimentRun/dcid.run_1/outputs/m";
  EXPECT_EQ(name_of("GET", path), "artifact.run");
  EXPECT_EQ(find("GET", path).parameters.at("run"), "run_1");
}

TEST(Router, EmptyCapture_IsNoMatch) {
  EXPECT_EQ(name_of("GET", "/artifact/v2.0" + std::string{kScope} + "/artifacts/content/ExperimentRun/dcid.run_1/"),
            "none");
  EXPECT_EQ(name_of("GET", "/azureml0badcafe/container/"), "container.list");
}

TEST(Router, BlobRoutes_AreFoundUnderTheAccountOnly) {
  EXPECT_EQ(name_of("GET", "/azureml0badcafe/c/b/d"), "blob.get");
  EXPECT_EQ(name_of("GET", "/somebody/c/b/d"), "none");
  EXPECT_EQ(name_of("GET", std::string{kScope} + "/nothing/like/it"), "none");
}

TEST(Router, Head_OwnEntryFirst_ElseThatOfGet) {
  EXPECT_EQ(name_of("HEAD", "/azureml0badcafe/c/b"), "blob.head");
  EXPECT_EQ(name_of("HEAD", std::string{kScope} + "/jobs/x"), "jobs.get");
}

TEST(Router, EncodedSlashInASingleName_Is400) {
  try {
    (void)find("GET", std::string{kScope} + "/jobs/a%2Fb");
    FAIL();
  } catch (ApiError const& error) {
    EXPECT_EQ(error.status, 400);
    EXPECT_NE(error.message.find("'name'"), std::string::npos);
  }
}

TEST(Router, BadPattern_IsRefusedWhenTheTableIsMade) {
  for (auto const* const pattern : {"jobs", "/a/{b", "/a/{}", "/a/{b...}/c", "/{a}{b}"}) {
    std::vector<Operation> table;
    table.push_back(route("x", "GET", pattern));
    EXPECT_THROW(Router(std::move(table), "a"), std::invalid_argument) << pattern;
  }
  std::vector<Operation> table;
  table.push_back({.name = "neither", .method = "GET", .pattern = "/a"});
  EXPECT_THROW(Router(std::move(table), "a"), std::invalid_argument);
}

TEST(Target, TraversalInAnySpelling_Is400) {
  for (auto const* const path :
       {"/a/../b", "/a/%2e%2e/b", "/a/%2E./b", "/a/.%2e", "/..", "/a/./b", "/a/x%2f..%2f..%2fy", "/a/%2e%2e%2f",
        "/a%00b", "/a%0ab", "/a%7fb", "/a%2", "/a%zz", "no-slash", "", "http://127.0.0.1/a"})
    EXPECT_EQ(refused(path), 400) << path;
}

TEST(Target, DotsInsideNames_ArePlainNames) {
  for (auto const* const path : {"/a/..b", "/a/b..", "/a/...", "/.hidden", "/a/%252e%252e/b", "/a?x=../.."})
    EXPECT_EQ(refused(path), 0) << path;
}

TEST(Target, Query_IsDecoded_PlusIsABlankButNotInASignature) {
  auto const target = parse_target("/a?$filter=x+eq+1&name=a%26b&sig=ab%2Bc+d&flag&names=1&names=2&");
  EXPECT_EQ(target.query.find("$filter")->second, "x eq 1");
  EXPECT_EQ(target.query.find("name")->second, "a&b");
  EXPECT_EQ(target.query.find("sig")->second, "ab+c+d");
  EXPECT_EQ(target.query.find("flag")->second, "");
  EXPECT_EQ(target.query.count("names"), 2U);
}

TEST(Scope, UnknownSubscriptionGroupWorkspace_404AsTheService) {
  std::string const s = "/subscriptions/00000000-0000-0000-0000-000000000000";
  EXPECT_EQ(unmatched("GET", "/subscriptions/none/resourceGroups/local").code, "SubscriptionNotFound");
  EXPECT_EQ(unmatched("GET", s + "/resourceGroups/none/x").code, "ResourceGroupNotFound");
  auto const workspace =
      unmatched("GET", s + "/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/none/jobs");
  EXPECT_EQ(workspace.status, 404);
  EXPECT_EQ(workspace.code, "ResourceNotFound");
  EXPECT_EQ(workspace.message,
            "The Resource 'Microsoft.MachineLearningServices/workspaces/none' under resource group 'local' was not "
            "found. For more details please go to "
            "https://aka.ms/ARMResourceNotFoundFix");
  EXPECT_EQ(unmatched("GET", "/history/v1.0/subscriptions/none/resourceGroups/local").code, "SubscriptionNotFound");
}

TEST(Unmatched, WrongMethod_405WithAllow) {
  auto const error = unmatched("PATCH", std::string{kScope} + "/jobs/x");
  EXPECT_EQ(error.status, 405);
  EXPECT_EQ(error.headers.at("Allow"), "GET, PUT");
}

TEST(Unmatched, OperationsOfTheServiceTheEngineLacks_501ByName) {
  auto const schedules = unmatched("PUT", std::string{kScope} + "/schedules/nightly");
  EXPECT_EQ(schedules.status, 501);
  EXPECT_NE(schedules.message.find("'PUT workspaces/schedules'"), std::string::npos) << schedules.message;
  auto const versions = unmatched("GET", std::string{kScope} + "/models/m/versions/1");
  EXPECT_NE(versions.message.find("'GET workspaces/models/versions'"), std::string::npos) << versions.message;
  for (auto const* const child : {"batchEndpoints", "onlineEndpoints", "data", "components", "featuresets"})
    EXPECT_EQ(unmatched("GET", std::string{kScope} + "/" + child).status, 501) << child;
  EXPECT_EQ(unmatched("POST", "/mlflow/v2.0" + std::string{kScope} + "/api/2.0/mlflow/runs/create").status, 501);
}

TEST(Unmatched, AnythingElse_404) {
  EXPECT_EQ(unmatched("GET", std::string{kScope} + "/unheardOf").status, 404);
  EXPECT_EQ(unmatched("GET", "/favicon.ico").status, 404);
  EXPECT_EQ(unmatched("GET", "/").status, 404);
}

}  // namespace
}  // namespace azureml::tests
