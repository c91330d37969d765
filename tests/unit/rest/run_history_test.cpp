#include "base/time.hpp"
#include "unit/rest/rest_fixture.hpp"

namespace azureml::rest {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr char const* kApi = "https://eastus2.api.azureml.ms";

struct RunHistory : RestTest {};

TEST_F(RunHistory, Details_AreRead) {
  answer(
      R"({"runId":"c1","target":"cpu","status":"Running","startTimeUtc":"2026-03-27T04:02:40.1Z","endTimeUtc":null,"warnings":["plain",{"source":"s","message":"m"},null],"error":null,
      "properties":{"a":"b"},"tags":{"t":"1"},"inputDatasets":[],"runDefinition":{"script":"x"},"queueingInfo":{"code":"Queued","message":"2 runs are before this one"},
      "logFiles":{"user_logs/std_log.txt":"https://a/azureml/x?sig=1"},"submittedBy":"Me"})");
  auto const details = get_details(connection, kApi, "c1", {});
  EXPECT_EQ(asked().url, kApi + std::string("/history/v1.0") + connection.workspace_path + "/runs/c1/details");
  EXPECT_EQ(asked().header("Authorization"), "Bearer token");
  EXPECT_EQ(asked().header("Prefer"), "");
  EXPECT_EQ(details.run_id, "c1");
  EXPECT_EQ(details.target, "cpu");
  EXPECT_EQ(details.status, "Running");
  EXPECT_EQ(details.submitted_by, "Me");
  EXPECT_EQ(details.status_detail, "2 runs are before this one");
  EXPECT_EQ(details.run_definition, R"({"script":"x"})");
  EXPECT_EQ(details.start_time, base::from_iso8601("2026-03-27T04:02:40.1Z"));
  EXPECT_FALSE(details.end_time);
  EXPECT_FALSE(details.error);
  EXPECT_THAT(details.warnings, ElementsAre("plain", "m"));
  EXPECT_EQ(details.properties, (StringMap{{"a", "b"}}));
  EXPECT_EQ(details.tags, (StringMap{{"t", "1"}}));
  EXPECT_EQ(details.log_files, (StringMap{{"user_logs/std_log.txt", "https://a/azureml/x?sig=1"}}));
}

TEST_F(RunHistory, Hold_AsksTheServerToWait) {
  answer(R"({"runId":"c1","status":"Completed"})");
  get_details(connection, kApi, "c1", {}, Hold{.known_status = "Running", .wait = 20s});
  EXPECT_EQ(asked().header("Prefer"), "wait=20");
  EXPECT_EQ(asked().header("x-azureml-known-status"), "Running");
  ASSERT_TRUE(asked().attempt_timeout);
  EXPECT_GE(*asked().attempt_timeout, 120s);
}

TEST_F(RunHistory, ShortHold_IsAtLeastASecond) {
  answer(R"({"runId":"c1","status":"Completed"})");
  get_details(connection, kApi, "c1", {}, Hold{.known_status = "Running", .wait = 10ms});
  EXPECT_EQ(asked().header("Prefer"), "wait=1");
}

TEST_F(RunHistory, ErrorWithACause_HasAllOfIt) {
  answer(
      R"({"runId":"c1","status":"Failed","error":{"error":{"code":"ServiceError","message":"rank 2 was killed","innerError":{"code":"ScriptFailed","innerError":null},
      "details":[],"additionalInfo":[{"type":"Other","info":{}},{"type":"azureml-cpp","info":{"value":{"phase":"script","exitCode":null,"signal":9,"rank":2,"lastOutput":"Traceback\nMemoryError"}}}]},
      "correlation":{}}})");
  auto const details = get_details(connection, kApi, "c1", {});
  ASSERT_TRUE(details.error);
  EXPECT_EQ(details.error->code, "ServiceError");
  EXPECT_EQ(details.error->inner_code, "ScriptFailed");
  EXPECT_EQ(details.error->message, "rank 2 was killed");
  EXPECT_EQ(details.error->phase, "script");
  EXPECT_EQ(details.error->exit_code, std::nullopt);
  EXPECT_EQ(details.error->signal, 9);
  EXPECT_EQ(details.error->rank, 2);
  EXPECT_EQ(details.error->last_output, "Traceback\nMemoryError");
}

TEST_F(RunHistory, ErrorOfTheService_HasTheExitCodeOfItsSentence) {
  answer(
      R"({"runId":"c1","status":"Failed","error":{"error":{"code":"UserError","message":"Execution failed. User process 'python' exited with status code 3. Please check log file 'user_logs/std_log.txt' for error details.",
      "details":[{"code":"X","message":"more"}],"innerError":null,"additionalInfo":null}}})");
  auto const details = get_details(connection, kApi, "c1", {});
  ASSERT_TRUE(details.error);
  EXPECT_EQ(details.error->exit_code, 3);
  EXPECT_EQ(details.error->phase, "script");
  EXPECT_TRUE(details.error->message.ends_with("; X: more"));
}

TEST_F(RunHistory, ErrorWithoutWrapping_IsRead) {
  answer(R"({"runId":"c1","status":"Failed","error":{"code":"UserError","message":"m"}})");
  EXPECT_EQ(get_details(connection, kApi, "c1", {}).error->message, "m");
}

TEST_F(RunHistory, EmptyError_IsNone) {
  for (auto const* error :
       {"{}", R"({"error":null})", R"({"error":{}})", "[]", "\"text\"", R"({"error":{"code":null,"message":""}})"}) {
    answer(std::string(R"({"runId":"c1","status":"Failed","error":)") + error + "}");
    EXPECT_FALSE(get_details(connection, kApi, "c1", {}).error) << error;
  }
}

TEST_F(RunHistory, UnknownStatus_IsKeptAsItIs) {
  answer(R"({"runId":"c1","status":"Warming","logFiles":null,"warnings":null,"runDefinition":null})");
  auto const details = get_details(connection, kApi, "c1", {});
  EXPECT_EQ(details.status, "Warming");
  EXPECT_EQ(details.run_definition, "");
}

TEST_F(RunHistory, DetailsWithoutAStatus_BreakTheProtocol) {
  answer(R"({"runId":"c1"})");
  EXPECT_THROW(get_details(connection, kApi, "c1", {}), TransportError);
}

TEST_F(RunHistory, OutputAssets_AreReadFromTheRunsData) {
  answer(
      R"({"runMetadata":{"runId":"c1","outputs":{"model":{"assetId":"azureml://locations/l/workspaces/w/data/d/versions/1",
      "type":"uri_folder"},"none":{"assetId":null},"odd":7}},"runDefinition":null})");
  EXPECT_EQ(get_output_assets(connection, kApi, "c1", {}),
            (StringMap{{"model", "azureml://locations/l/workspaces/w/data/d/versions/1"}}));
  EXPECT_EQ(asked().method, "POST");
  EXPECT_EQ(asked().url, kApi + std::string("/history/v1.0") + connection.workspace_path + "/rundata");
  answer(R"({"runMetadata":{"outputs":null}})");
  EXPECT_EQ(get_output_assets(connection, kApi, "c1", {}), StringMap{});
}

TEST_F(RunHistory, Asset_IsResolvedToItsAddress) {
  std::string const asset = "azureml://locations/l/workspaces/w/data/d/versions/1";
  answer(R"({"values":{")" + asset + R"(":{"uri":"azureml://datastores/d/paths/x/","type":"UriFolder"}}})");
  EXPECT_EQ(resolve_asset(connection, kApi, asset, {}), "azureml://datastores/d/paths/x/");
  EXPECT_EQ(asked().url,
            kApi + std::string("/data/v1.0") + connection.workspace_path + "/dataversion/batchGetResolvedUris");
  EXPECT_EQ(asked().body, R"({"values":[")" + asset + R"("]})");
  answer(R"({"values":{}})");
  EXPECT_EQ(resolve_asset(connection, kApi, asset, {}), "");
}

}  // namespace
}  // namespace azureml::rest
