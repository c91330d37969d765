#include "routes_fixture.hpp"

namespace azureml::engine::routes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class HistoryTest : public RoutesTest {
 protected:
  void SetUp() override {
    RoutesTest::SetUp();
    an_environment();
    ask(put_job("r1", command_job()));
  }
};

TEST_F(HistoryTest, ThreeAddressings_GiveTheSameRun) {
  auto const run = ask_json({.address = history("runs/r1")});
  EXPECT_EQ(run.at("runId"), "r1");
  EXPECT_EQ(run.at("dataContainerId"), "dcid.r1");
  EXPECT_EQ(run.at("runNumber"), 1774584206);
  EXPECT_EQ(ask_json({.address = history("experiments/diabetes/runs/r1")}), run);
  EXPECT_EQ(ask_json({.address = history("experimentids/" + run.at("experimentId").get<std::string>() + "/runs/r1")}), run);
  EXPECT_EQ(refusal({.address = history("experiments/other/runs/r1")}).status, 404);
  EXPECT_EQ(refusal({.address = history("experimentids/x/runs/r1")}).status, 404);
  EXPECT_EQ(refusal({.address = history("runs/absent")}).status, 404);
}

TEST_F(HistoryTest, Details_ListLogsThatExistUnderSignedAddresses) {
  write_artifact("r1", "user_logs/std_log.txt", "hello");
  write_artifact("r1", "azureml-logs/20_image_build_log.txt", "b");
  write_artifact("r1", "system_logs/lifecycler/x.log", "c");
  write_artifact("r1", "outputs/model.bin", "d");
  write_artifact("r1", "logs/azureml/y.log", "e");
  auto const files = ask_json({.address = history("runs/r1/details")}).at("logFiles");
  EXPECT_EQ(files.size(), 3U);
  auto const reply = ask({.address = local_part(files.at("user_logs/std_log.txt"))});
  EXPECT_EQ(text_of(reply), "hello");
  EXPECT_EQ(text_of(ask({.address = local_part(files.at("system_logs/lifecycler/x.log"))})), "c");
  auto other = local_part(files.at("user_logs/std_log.txt"));
  other.replace(other.find("user_logs/std_log.txt"), 21, "outputs/model.bin");
  EXPECT_EQ(refusal({.address = other}).status, 403);
}

TEST_F(HistoryTest, FailedRun_TellsItsErrorAndWarnings) {
  store_->apply_record("r1", 1, {.status = "Running", .started = clock_.time + std::chrono::seconds(1), .add_warnings = {"careful"}});
  store_->apply_record("r1", 2,
                       {.status = "Failed",
                        .error = R"({"code":"UserError","message":"it failed","phase":"execution","exit_code":3,"signal":null,"last_output":"tail"})",
                        .ended = clock_.time + std::chrono::seconds(62)});
  auto const details = ask_json({.address = history("runs/r1/details")});
  EXPECT_EQ(details.at("status"), "Failed");
  EXPECT_EQ(details.at("duration"), "00:01:01.0000000");
  EXPECT_EQ(details.at("endTimeUtc"), "2026-03-27T04:04:28.8690899+00:00");
  EXPECT_EQ(details.at("warnings"), json::parse(R"([{"source":"azureml-cpp","message":"careful"}])"));
  auto const& error = details.at("error").at("error");
  EXPECT_EQ(error.at("code"), "UserError");
  EXPECT_EQ(error.at("message"), "it failed");
  EXPECT_EQ(error.at("additionalInfo"),
            json::parse(R"([{"type":"azureml-cpp","info":{"value":{"phase":"execution","exitCode":3,"signal":null,"rank":null,"lastOutput":"tail"}}}])"));
}

TEST_F(HistoryTest, WaitingRun_TellsItsPlace) {
  ask(put_job("waiting1", command_job()));
  auto const info = ask_json({.address = history("runs/waiting1/details")}).at("queueingInfo");
  EXPECT_THAT(info.at("message"), HasSubstr("place 2 of 5"));
  EXPECT_EQ(ask_json({.address = history("runs/waiting1")}).at("queueingInfo"), info);
  EXPECT_TRUE(ask_json({.address = history("runs/r1")}).at("queueingInfo").is_null());
  store_->change_job("r1", {.status_detail = "building"});
  EXPECT_EQ(ask_json({.address = history("runs/r1")}).at("queueingInfo").at("message"), "building");
}

TEST_F(HistoryTest, Patch_ShowsInTheJob) {
  for (std::string const path : {"runs/r1", "experiments/diabetes/runs/r1"}) {
    ask_json({.method = "PATCH", .address = history(path), .body = json{{"tags", {{path.substr(0, 4), "1"}}}, {"displayName", "shown"}, {"description", "d"}}.dump()});
  }
  auto const job = ask_json({.address = arm("jobs/r1")}).at("properties");
  EXPECT_EQ(job.at("tags"), (json{{"runs", "1"}, {"expe", "1"}}));
  EXPECT_EQ(job.at("displayName"), "shown");
  EXPECT_EQ(job.at("description"), "d");
  ask_json({.method = "PATCH", .address = history("runs/r1"), .body = R"({"hidden":true})"});
  EXPECT_EQ(ask_json({.address = arm("jobs/r1")}).at("properties").at("isArchived"), true);
  EXPECT_EQ(refusal({.method = "PATCH", .address = history("runs/r1"), .body = R"({"status":"Completed"})"}).status, 400);
  EXPECT_EQ(refusal({.method = "PATCH", .address = history("runs/r1"), .body = R"({"runId":"r2"})"}).status, 400);
}

TEST_F(HistoryTest, RunData_HoldsWhatWasSelected) {
  auto const body = ask_json({.method = "POST", .address = history("rundata"), .body = R"({"runId":"r1","selectRunMetadata":true,"selectRunDefinition":true})"});
  EXPECT_EQ(body.at("runMetadata").at("runId"), "r1");
  EXPECT_EQ(body.at("runDefinition").at("command"), "python train.py");
  EXPECT_FALSE(body.at("runDefinition").contains("environmentIdSent"));
  EXPECT_EQ(refusal({.method = "POST", .address = history("rundata"), .body = R"({"runId":"absent"})"}).status, 404);
  EXPECT_EQ(refusal({.method = "POST", .address = history("rundata"), .body = "{}"}).status, 400);
}

TEST_F(HistoryTest, Query_PagesThroughAnExperimentNewestFirst) {
  for (auto const* name : {"r2", "r3"}) ask(put_job(name, command_job()));
  auto other = command_job();
  other["experimentName"] = "other";
  ask(put_job("x1", other));
  auto const first = ask_json({.method = "POST", .address = history("experiments/diabetes/runs:query"), .body = R"({"top":2,"orderBy":["createdUtc desc"]})"});
  EXPECT_EQ(first.at("value")[0].at("runId"), "r3");
  EXPECT_EQ(first.at("value").size(), 2U);
  json const next{{"top", 2}, {"continuationToken", first.at("continuationToken")}};
  auto const second = ask_json({.method = "POST", .address = history("experiments/diabetes/runs:query"), .body = next.dump()});
  EXPECT_EQ(second.at("value").size(), 1U);
  EXPECT_TRUE(second.at("continuationToken").is_null());
  for (auto const* body : {R"({"filter":"status eq"})", R"({"orderBy":"status"})", R"({"top":0})", R"({"continuationToken":"x"})"}) {
    EXPECT_EQ(refusal({.method = "POST", .address = history("experiments/diabetes/runs:query"), .body = body}).status, 400) << body;
  }
  EXPECT_EQ(refusal({.method = "POST", .address = history("experiments/absent/runs:query"), .body = "{}"}).status, 404);
}

TEST_F(HistoryTest, Experiment_IsFoundByNameAndId) {
  auto const experiment = ask_json({.address = history("experiments/diabetes")});
  EXPECT_EQ(ask_json({.address = history("experimentids/" + experiment.at("experimentId").get<std::string>())}), experiment);
  EXPECT_EQ(refusal({.address = history("experiments/absent")}).status, 404);
}

TEST_F(HistoryTest, Cancel_ReachesTheRunner) {
  ask_json({.method = "POST", .address = history("experiments/diabetes/runs/r1/cancel")});
  EXPECT_THAT(runner_calls_, ElementsAre("submitted r1", "cancel r1"));
  EXPECT_EQ(store_->find_job("r1")->status, "CancelRequested");
}

}  // namespace
}  // namespace azureml::engine::routes
