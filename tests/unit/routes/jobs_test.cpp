#include "routes_fixture.hpp"

#include <fstream>

namespace azureml::engine::routes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(RoutesTest, NewJob_IsStoredThenHandedToTheRunner) {
  an_environment();
  auto const code = a_code();
  auto job = command_job();
  job["codeId"] = code;
  job["tags"] = {{"t", "1"}};
  job["properties"] = {{"p", "q"}};
  auto const reply = ask(put_job("r1", job));
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.headers.at("Location"), std::string(kBase) + kScope + "/jobs/r1?api-version=2024-04-01");
  EXPECT_THAT(runner_calls_, ElementsAre("submitted r1"));
  auto const stored = store_->find_job("r1");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->status, "Starting");
  EXPECT_EQ(stored->experiment, "diabetes");
  EXPECT_TRUE(store_->find_experiment("diabetes"));
  auto const definition = json::parse(stored->definition);
  EXPECT_EQ(definition.at("codeId"), code);
  EXPECT_EQ(definition.at("environmentId"), std::string(kScope) + "/environments/env/versions/1");
  EXPECT_FALSE(definition.contains("tags"));

  auto const body = ask_json({.address = arm("jobs/r1")});
  EXPECT_EQ(body.at("properties").at("displayName"), "r1");
  EXPECT_EQ(body.at("properties").at("environmentId"), "azureml:env:1");
  EXPECT_EQ(body.at("properties").at("properties").at("_azureml.ClusterName"), "local");
  EXPECT_EQ(body.at("properties").at("properties").at("p"), "q");
  EXPECT_EQ(body.at("properties").at("outputs"), json::object());
  EXPECT_EQ(body.at("systemData").at("createdAt"), "2026-03-27T04:03:26.8690899+00:00");
}

TEST_F(RoutesTest, SameJobAgain_IsTheSameRunAndUpdatesLabels) {
  an_environment();
  auto job = command_job();
  job["tags"] = {{"a", "1"}};
  ask(put_job("r1", job));
  job["tags"] = {{"b", "2"}};
  job["displayName"] = "shown";
  job["description"] = "text";
  job["properties"] = {{"new", "x"}};
  auto const body = ask_json(put_job("r1", job));
  EXPECT_EQ(body.at("properties").at("tags"), (json{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(body.at("properties").at("displayName"), "shown");
  EXPECT_EQ(body.at("properties").at("description"), "text");
  EXPECT_EQ(body.at("properties").at("properties").at("new"), "x");
  EXPECT_THAT(runner_calls_, ElementsAre("submitted r1"));
}

TEST_F(RoutesTest, ReplySentBack_IsTheSameJob) {
  an_environment();
  auto job = command_job();
  job["codeId"] = a_code();
  job["inputs"] = {{"lr", {{"jobInputType", "literal"}, {"value", "0.1"}}}};
  auto const first = ask_json(put_job("r1", job), 201);
  auto const again = ask_json({.method = "PUT", .address = arm("jobs/r1"), .body = first.dump()});
  EXPECT_EQ(again.at("properties"), first.at("properties"));
}

TEST_F(RoutesTest, EqualCodeUploadedAnew_IsTheSameJob) {
  an_environment();
  auto job = command_job();
  job["codeId"] = a_code("code1", "equal");
  ask(put_job("r1", job));
  job["codeId"] = a_code("code2", "equal");
  ask_json(put_job("r1", job));
  job["codeId"] = a_code("code3", "other");
  auto const error = refusal(put_job("r1", job));
  EXPECT_EQ(error.status, 409);
  EXPECT_THAT(error.message, HasSubstr("codeId"));
}

TEST_F(RoutesTest, SpellingAlone_IsNoDifference) {
  an_environment();
  auto job = command_job();
  ask(put_job("r1", job));
  job["jobType"] = "command";
  job["computeId"] = "/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000000/resourcegroups/LOCAL/providers/microsoft.machinelearningservices/workspaces/local/computes/LOCAL";
  job["environmentId"] = std::string(kScope) + "/environments/env/versions/1";
  job["resources"] = {{"instanceCount", 1}, {"shmSize", "2G"}, {"properties", json::object()}};
  job["queueSettings"] = {{"jobTier", "null"}};
  job["distribution"] = nullptr;
  job["environmentVariables"] = json::object();
  ask_json(put_job("r1", job));
}

TEST_F(RoutesTest, OtherDefinition_IsAConflictNamingTheMember) {
  an_environment();
  ask(put_job("r1", command_job()));
  ask_json({.method = "PUT", .address = arm("environments/env/versions/2"), .body = R"({"properties":{"image":"mcr.microsoft.com/azureml/x"}})"}, 201);
  json const changes[] = {{{"command", "python other.py"}},
                          {{"environmentId", "azureml:env:2"}},
                          {{"computeId", std::string(kScope) + "/computes/cpu-cluster"}},
                          {{"inputs", {{"x", {{"jobInputType", "literal"}, {"value", "1"}}}}}},
                          {{"limits", {{"jobLimitsType", "Command"}, {"timeout", "PT5M"}}}},
                          {{"environmentVariables", {{"PASSWORD", "hunter2"}}}},
                          {{"properties", {{"azureml-cpp.cpus", "2"}}}},
                          {{"experimentName", "other"}}};
  for (auto const& change : changes) {
    auto job = command_job();
    job.update(change);
    auto const error = refusal(put_job("r1", job));
    EXPECT_EQ(error.status, 409) << change;
    EXPECT_THAT(error.message, HasSubstr(change.begin().key()));
    EXPECT_THAT(error.message, ::testing::Not(HasSubstr("hunter2")));
  }
  EXPECT_EQ(json::parse(store_->find_job("r1")->definition).at("command"), "python train.py");
  EXPECT_THAT(runner_calls_, ElementsAre("submitted r1"));
}

TEST_F(RoutesTest, PropertyOfAJob_CannotBeChanged) {
  an_environment();
  auto job = command_job();
  job["properties"] = {{"p", "1"}};
  ask(put_job("r1", job));
  job["properties"] = {{"p", "2"}};
  EXPECT_EQ(refusal(put_job("r1", job)).status, 400);
}

TEST_F(RoutesTest, LatestEnvironment_IsResolvedAtSubmitAndStaysEqual) {
  an_environment();
  auto job = command_job();
  job["environmentId"] = "azureml:env@latest";
  ask(put_job("r1", job));
  EXPECT_EQ(json::parse(store_->find_job("r1")->definition).at("environmentId"), std::string(kScope) + "/environments/env/versions/1");
  ask_json({.method = "PUT", .address = arm("environments/env/versions/2"), .body = R"({"properties":{"image":"mcr.microsoft.com/azureml/x"}})"}, 201);
  ask_json(put_job("r1", job));
  ask(put_job("r2", job));
  EXPECT_EQ(json::parse(store_->find_job("r2")->definition).at("environmentId"), std::string(kScope) + "/environments/env/versions/2");
}

TEST_F(RoutesTest, UnknownCompute_IsRefusedAsTheServiceDoes) {
  an_environment();
  auto job = command_job();
  job["computeId"] = std::string(kScope) + "/computes/gpu-cluster";
  auto const error = refusal(put_job("r1", job));
  EXPECT_EQ(error.status, 400);
  EXPECT_EQ(error.code, "UserError");
  EXPECT_EQ(error.message, "Unknown compute target 'gpu-cluster'.");
  EXPECT_THAT(error.inner, ElementsAre("BadArgument", "UnknownTargetType"));
  job.erase("computeId");
  EXPECT_EQ(ask(put_job("r2", job)).status, 201);
}

TEST_F(RoutesTest, UnknownCodeAndEnvironment_AreRefused) {
  an_environment();
  auto job = command_job();
  job["codeId"] = std::string(kScope) + "/codes/absent/versions/1";
  EXPECT_THAT(refusal(put_job("r1", job)).message, HasSubstr("codeId"));
  job.erase("codeId");
  for (std::string const id : {"azureml:absent:1", "azureml:absent@latest", "absent", "azureml:env:9", "azureml:../x:1", ""}) {
    job["environmentId"] = id;
    EXPECT_EQ(refusal(put_job("r1", job)).status, 400) << id;
  }
  EXPECT_FALSE(store_->find_job("r1"));
}

TEST_F(RoutesTest, CodeWithoutUploadedFiles_IsRefusedAtSubmit) {
  an_environment();
  for (std::string const uri : {"https://elsewhere.blob.core.windows.net/box/src", "http://127.0.0.1:4321/azureml0a1b2c3d/absent/src"}) {
    auto const name = "c" + std::to_string(uri.size());
    auto const id = ask_json({.method = "PUT", .address = arm("codes/" + name + "/versions/1"), .body = json{{"properties", {{"codeUri", uri}}}}.dump()}, 201).at("id");
    auto job = command_job();
    job["codeId"] = id;
    EXPECT_THAT(refusal(put_job("r1", job)).message, HasSubstr("codeId")) << uri;
  }
}

TEST_F(RoutesTest, OtherKindsOfJobs_AreRefusedByName) {
  for (std::string const kind : {"Pipeline", "Spark", "AutoML", "Sweep", "pipeline"}) {
    auto const error = refusal(put_job("r1", {{"jobType", kind}, {"jobs", json::object()}}));
    EXPECT_EQ(error.status, 400);
    EXPECT_THAT(base::to_lower_ascii(error.message), HasSubstr(base::to_lower_ascii(kind)));
  }
}

TEST_F(RoutesTest, BadNames_AreRefused) {
  an_environment();
  for (std::string const name : {"-a", "_a", "a.b", "a%20b", "a%2Fb", "%2E%2E", "a%00b", "%C3%A9"}) {
    EXPECT_EQ(refusal(put_job(name, command_job())).status, 400) << name;
  }
  EXPECT_EQ(refusal(put_job(std::string(256, 'a'), command_job())).status, 400);
  EXPECT_EQ(ask(put_job(std::string(255, 'a'), command_job())).status, 201);
}

TEST_F(RoutesTest, RequiredMembers_AreAskedFor) {
  an_environment();
  for (auto const* member : {"command", "environmentId", "jobType"}) {
    auto job = command_job();
    job.erase(member);
    auto const error = refusal(put_job("r1", job));
    EXPECT_EQ(error.status, 400);
    ASSERT_FALSE(error.details.empty());
    EXPECT_THAT(error.details[0].second, HasSubstr(member));
  }
  EXPECT_EQ(refusal({.method = "PUT", .address = arm("jobs/r1"), .body = "[]"}).status, 400);
  EXPECT_EQ(refusal({.method = "PUT", .address = arm("jobs/r1"), .body = "{"}).status, 400);
  EXPECT_EQ(refusal({.method = "PUT", .address = arm("jobs/r1"), .body = "{}"}).status, 400);
}

TEST_F(RoutesTest, AbsentJob_IsNotFoundAsRecorded) {
  std::ifstream in{std::string(AZUREML_TEST_DATA) + "/routes/job_not_found.json"};
  auto const recorded = json::parse(in);
  auto const error = refusal({.address = arm("jobs/test_872291224787")});
  EXPECT_EQ(error.status, recorded.at("status"));
  EXPECT_EQ(error.code, recorded.at("reply").at("error").at("code").get<std::string>());
  EXPECT_EQ(error.message, recorded.at("reply").at("error").at("message").get<std::string>());
  EXPECT_THAT(error.inner, ElementsAre("NotFound", "JobNotFound"));
}

TEST_F(RoutesTest, List_PagesByNextLinkAndFilters) {
  an_environment();
  for (int i = 0; i < 5; ++i) {
    auto job = command_job();
    job["tags"] = {{"n", std::to_string(i % 2)}};
    job["isArchived"] = i == 4;
    ask(put_job("r" + std::to_string(i), job));
  }
  std::vector<std::string> names;
  auto address = arm("jobs", "$top=2&listViewType=All&tag=n");
  for (int pages = 0; !address.empty() && pages < 5; ++pages) {
    auto const page = ask_json({.address = address});
    for (auto const& job : page.at("value")) names.push_back(job.at("name"));
    address = page.contains("nextLink") ? local_part(page.at("nextLink")) : "";
  }
  EXPECT_THAT(names, ElementsAre("r4", "r3", "r2", "r1", "r0"));
  EXPECT_EQ(ask_json({.address = arm("jobs")}).at("value").size(), 4U);
  EXPECT_EQ(ask_json({.address = arm("jobs", "listViewType=ArchivedOnly")}).at("value").size(), 1U);
  EXPECT_EQ(ask_json({.address = arm("jobs", "tag=n%3D1")}).at("value").size(), 2U);
  EXPECT_EQ(ask_json({.address = arm("jobs", "jobType=Sweep")}).at("value").size(), 0U);
  EXPECT_EQ(refusal({.address = arm("jobs", "$skip=xx")}).status, 400);
  EXPECT_EQ(refusal({.address = arm("jobs", "$top=-1")}).status, 400);
  EXPECT_EQ(refusal({.address = arm("jobs", "listViewType=Some")}).status, 400);
}

TEST_F(RoutesTest, Cancel_IsAcceptedThenPolledUntilTheEnd) {
  an_environment();
  ask(put_job("r1", command_job()));
  auto const reply = ask({.method = "POST", .address = arm("jobs/r1/cancel")});
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.headers.at("Retry-After"), "1");
  EXPECT_EQ(reply.body, "");
  EXPECT_TRUE(store_->find_job("r1")->cancel_requested);
  EXPECT_THAT(runner_calls_, ElementsAre("submitted r1", "cancel r1"));
  auto const poll = local_part(reply.headers.at("Location"));
  EXPECT_EQ(ask({.address = poll}).status, 202);
  store_->change_job("r1", {.status = "Canceled"});
  EXPECT_EQ(ask({.address = poll}).status, 200);
  EXPECT_EQ(ask({.method = "POST", .address = arm("jobs/r1/cancel")}).status, 200);
  EXPECT_EQ(runner_calls_.size(), 2U);
  EXPECT_EQ(refusal({.method = "POST", .address = arm("jobs/absent/cancel")}).status, 404);
  EXPECT_EQ(ask({.method = "DELETE", .address = arm("jobs/r1")}).status, 200);
}

}  // namespace
}  // namespace azureml::engine::routes
