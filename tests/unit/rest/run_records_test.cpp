#include "rest/run_records.hpp"

#include "base/time.hpp"
#include "unit/rest/rest_fixture.hpp"

namespace azureml::rest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char const* kApi = "https://eastus2.api.azureml.ms";

struct RunRecords : RestTest {
  std::string const history = kApi + std::string("/history/v1.0") + connection.workspace_path;
};

TEST_F(RunRecords, Record_IsRead) {
  answer(
      R"({"runId":"c1","runNumber":1774584206,"status":"Running","displayName":"A name","description":null,"runType":"azureml.scriptrun",
      "parentRunId":"p","rootRunId":"r","hidden":true,"tags":{"a":"b"},"properties":{"n":7},"createdUtc":"2026-03-27T04:02:40.1Z","queueingInfo":null})");
  auto const run = get_run(connection, kApi, {.experiment = "diabetes", .run_id = "c1"}, {});
  EXPECT_EQ(asked().method, "GET");
  EXPECT_EQ(asked().url, history + "/experiments/diabetes/runs/c1");
  EXPECT_EQ(run.run_id, "c1");
  EXPECT_EQ(run.number, 1774584206);
  EXPECT_EQ(run.status, "Running");
  EXPECT_EQ(run.display_name, "A name");
  EXPECT_EQ(run.description, "");
  EXPECT_EQ(run.type, "azureml.scriptrun");
  EXPECT_EQ(run.parent_run_id, "p");
  EXPECT_EQ(run.root_run_id, "r");
  EXPECT_TRUE(run.hidden);
  EXPECT_EQ(run.tags, (StringMap{{"a", "b"}}));
  EXPECT_EQ(run.properties, (StringMap{{"n", "7"}}));
  EXPECT_EQ(run.created, base::from_iso8601("2026-03-27T04:02:40.1Z"));
}

TEST_F(RunRecords, RunOfAnUnknownExperiment_IsFoundByItsId) {
  answer(R"({"runId":"c1"})");
  auto const run = get_run(connection, kApi, {.experiment = {}, .run_id = "c1"}, {});
  EXPECT_EQ(asked().url, history + "/runs/c1");
  EXPECT_FALSE(run.number);
  EXPECT_FALSE(run.hidden);
}

TEST_F(RunRecords, AnswerWithoutAnId_BreaksTheProtocol) {
  answer(R"({"status":"Running"})");
  EXPECT_THROW(get_run(connection, kApi, {.experiment = {}, .run_id = "c1"}, {}), TransportError);
}

TEST_F(RunRecords, Patch_SendsOnlyWhatIsSet) {
  answer(R"({"runId":"c1","tags":{"a":"b"}})");
  auto const run = patch_run(connection, kApi, {.experiment = "e/x", .run_id = "c1"}, {.tags = {{"a", "b"}}}, "tag run 'c1'", {});
  EXPECT_EQ(asked().method, "PATCH");
  EXPECT_EQ(asked().url, history + "/experiments/e%2Fx/runs/c1");
  EXPECT_EQ(asked().body, R"({"tags":{"a":"b"}})");
  EXPECT_TRUE(asked().idempotent);
  EXPECT_EQ(run.tags, (StringMap{{"a", "b"}}));
  answer(R"({"runId":"c1"})");
  patch_run(connection, kApi, {.experiment = "e", .run_id = "c1"},
            {.tags = {}, .properties = {{"p", "1"}}, .display_name = "N", .description = "", .hidden = false}, "change run 'c1'", {});
  EXPECT_EQ(asked(1).body, R"({"description":"","displayName":"N","hidden":false,"properties":{"p":"1"}})");
}

TEST_F(RunRecords, RefusedPatch_SaysWhatWasTried) {
  answer(R"({"error":{"code":"UserError","message":"The property 'p' cannot be changed.","details":[]}})", 400);
  auto const error = thrown<ServiceError>([&] {
    patch_run(connection, kApi, {.experiment = "e", .run_id = "c1"}, {.tags = {}, .properties = {{"p", "1"}}},
              "add properties to run 'c1'", {});
  });
  EXPECT_EQ(error.status(), 400);
  EXPECT_THAT(error.what(), HasSubstr("add properties to run 'c1'"));
  EXPECT_THAT(error.what(), HasSubstr("The property 'p' cannot be changed."));
}

TEST_F(RunRecords, Tags_AreRemovedByTheirKeys) {
  answer("", 200);
  delete_run_tags(connection, kApi, {.experiment = "e", .run_id = "c1"}, {"a", "b c"}, {});
  EXPECT_EQ(asked().method, "DELETE");
  EXPECT_EQ(asked().url, history + "/experiments/e/runs/c1/tags");
  EXPECT_EQ(asked().body, R"(["a","b c"])");
  EXPECT_TRUE(asked().idempotent);
}

TEST_F(RunRecords, PageOfAProxy_IsNoRemoval) {
  answer("<html></html>", 200);
  EXPECT_THROW(delete_run_tags(connection, kApi, {.experiment = "e", .run_id = "c1"}, {"a"}, {}), TransportError);
  answer(R"({"runId":"c1"})", 200);
  EXPECT_NO_THROW(delete_run_tags(connection, kApi, {.experiment = "e", .run_id = "c1"}, {"a"}, {}));
}

TEST_F(RunRecords, Query_AsksForTheNewestOfAnExperimentPageByPage) {
  answer(R"({"value":[{"runId":"b"},{"runId":"a"}],"continuationToken":"t1","nextLink":null})");
  auto const first = query_runs(connection, kApi, "diabetes", {.tags = {{"k", "v"}}, .properties = {}, .only_top_level = true}, "", {});
  EXPECT_EQ(asked().method, "POST");
  EXPECT_EQ(asked().url, history + "/experiments/diabetes/runs:query");
  EXPECT_EQ(asked().body,
            R"x({"filter":"(Tags/k eq v) and (ParentRunId eq null)","orderBy":"createdUtc desc","top":500})x");
  EXPECT_EQ(first.next, "t1");
  EXPECT_TRUE(first.items.empty()) << "neither has the tag, whatever the service says";
  answer(R"({"value":[{"runId":"a"}],"continuationToken":null})");
  auto const second = query_runs(connection, kApi, "diabetes", {}, "t1", {});
  EXPECT_EQ(asked(1).body, R"({"continuationToken":"t1","orderBy":"createdUtc desc","top":500})");
  ASSERT_EQ(second.items.size(), 1U);
  EXPECT_EQ(second.items[0].run_id, "a");
  EXPECT_EQ(second.next, "");
}

TEST_F(RunRecords, PageThatNamesItself_IsNotFollowedForEver) {
  answer(R"({"value":[],"continuationToken":"t1"})");
  EXPECT_THROW(query_runs(connection, kApi, "e", {}, "t1", {}), TransportError);
}

TEST_F(RunRecords, PageWithoutAList_BreaksTheProtocol) {
  answer("{}");
  EXPECT_THROW(query_runs(connection, kApi, "e", {}, "", {}), TransportError);
}

TEST_F(RunRecords, Children_AreAskedForWithFilterAndToken) {
  answer(R"({"value":[{"runId":"p_0","parentRunId":"p","status":"Failed"},{"runId":"p_1","parentRunId":"p","status":"Running"}],"continuationToken":null})");
  auto const page = list_children(connection, kApi, "p", {.tags = {}, .properties = {}, .status = "Failed"}, "t/1", {});
  EXPECT_EQ(asked().method, "GET");
  EXPECT_EQ(asked().url, history + "/runs/p/children?$filter=%28Status%20eq%20Failed%29&$continuationtoken=t%2F1");
  ASSERT_EQ(page.items.size(), 1U);
  EXPECT_EQ(page.items[0].run_id, "p_0");
  answer(R"({"value":[]})");
  list_children(connection, kApi, "p", {}, "", {});
  EXPECT_EQ(asked(1).url, history + "/runs/p/children");
}

TEST(RunFilterText, EveryTerm_IsWrittenAsTheOlderSdkDoes) {
  EXPECT_EQ(filter_text({}), "");
  EXPECT_EQ(filter_text({.tags = {{"a", "1"}, {"b", ""}},
                         .properties = {{"p.q", "x-y_z"}},
                         .status = "Running",
                         .type = "hyperdrive",
                         .only_top_level = true,
                         .hidden = false}),
            "(Tags/a eq 1) and (Tags/b ne null or Tags/b eq null) and (Properties/p.q eq x-y_z) and (Status eq Running) and "
            "(RunType eq hyperdrive or Properties/azureml.runsource eq hyperdrive) and (ParentRunId eq null)");
}

TEST(RunFilterText, WhatWouldNeedQuotes_IsLeftOut) {
  auto const text = filter_text({.tags = {{"a", "x or 1 eq 1"}, {"b)", "1"}, {"c", "null"}, {"d", "'"}, {"e", "ü"}, {"f", "ok"}},
                                 .properties = {},
                                 .status = "Not Started"});
  EXPECT_EQ(text, "(Tags/f eq ok)");
}

TEST(RunFilterMatch, EveryTerm_HasToBeTrue) {
  RunResource const run{.run_id = "r", .status = "Failed", .type = "azureml.scriptrun", .hidden = true,
                        .tags = {{"a", "1"}}, .properties = {{"p", "2"}, {"azureml.runsource", "hyperdrive"}}};
  EXPECT_TRUE(matches({}, run));
  EXPECT_TRUE(matches({.tags = {{"a", ""}}, .properties = {{"p", "2"}}, .status = "Failed", .type = "hyperdrive",
                       .only_top_level = true, .hidden = true}, run));
  EXPECT_TRUE(matches({.tags = {}, .properties = {}, .type = "azureml.scriptrun"}, run));
  EXPECT_FALSE(matches({.tags = {{"a", "2"}}}, run));
  EXPECT_FALSE(matches({.tags = {{"b", ""}}}, run));
  EXPECT_FALSE(matches({.tags = {}, .properties = {{"p", "3"}}}, run));
  EXPECT_FALSE(matches({.tags = {}, .properties = {}, .status = "Running"}, run));
  EXPECT_FALSE(matches({.tags = {}, .properties = {}, .type = "azureml.StepRun"}, run));
  EXPECT_FALSE(matches({.tags = {}, .properties = {}, .hidden = false}, run));
  auto child = run;
  child.parent_run_id = "p";
  EXPECT_FALSE(matches({.tags = {}, .properties = {}, .only_top_level = true}, child));
}

TEST_F(RunRecords, JobsOfAView_AreAskedForByIt) {
  answer(R"({"value":[{"name":"a","properties":{"isArchived":true,"parentJobName":"p"}}]})");
  auto const page = query_jobs(connection, "", {.tags = {}, .view = "ArchivedOnly", .type = "Command"}, {});
  EXPECT_EQ(asked().url, workspace + "/jobs?api-version=2024-04-01&listViewType=ArchivedOnly&jobType=Command");
  ASSERT_EQ(page.items.size(), 1U);
  EXPECT_TRUE(page.items[0].archived);
  EXPECT_EQ(page.items[0].parent, "p");
}

TEST_F(RunRecords, QueueOfAnEngine_HasItsPlace) {
  answer(R"({"runId":"c1","status":"Queued","queueingInfo":{"code":"Queued","message":"place 2 of 5","queuePosition":2,"queueLength":5}})");
  auto const details = get_details(connection, kApi, "c1", {});
  EXPECT_EQ(details.queue_position, 2);
  EXPECT_EQ(details.queue_length, 5);
  answer(R"({"runId":"c1","status":"Queued","queueingInfo":{"message":"waiting for nodes"}})");
  EXPECT_FALSE(get_details(connection, kApi, "c1", {}).queue_position);
}

}  // namespace
}  // namespace azureml::rest
