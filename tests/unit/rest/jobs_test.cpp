#include "base/time.hpp"
#include "unit/rest/rest_fixture.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

struct Jobs : RestTest {
  core::JobDefinition job;
  Jobs() { job.command = "python train.py"; }
  [[nodiscard]] json body(JobLabels const& labels = {}) const {
    return json::parse(command_job_body(connection, job, {.code_id = {}, .environment_id = "azureml:e:1"}, labels))
        .at("properties");
  }
};

TEST_F(Jobs, SmallestBody_LeavesOutWhatIsNotSet) {
  EXPECT_EQ(
      body(),
      json::parse(
          R"({"jobType":"Command","command":"python train.py","environmentId":"azureml:e:1","resources":{"instanceCount":1}})"));
}

TEST_F(Jobs, ComputeTarget_IsAFullId) {
  job.compute_target = "cpu-cluster";
  EXPECT_EQ(body().at("computeId"), connection.workspace_path + "/computes/cpu-cluster");
  job.compute_target = "/subscriptions/s/other/computes/c";
  EXPECT_EQ(body().at("computeId"), "/subscriptions/s/other/computes/c");
}

TEST_F(Jobs, Serverless_HasInstanceTypeAndTier) {
  job.instance_type = "Standard_DS3_v2";
  job.job_tier = "Spot";
  auto const properties = body();
  EXPECT_FALSE(properties.contains("computeId"));
  EXPECT_EQ(properties.at("resources"), json::parse(R"({"instanceCount":1,"instanceType":"Standard_DS3_v2"})"));
  EXPECT_EQ(properties.at("queueSettings"), json::parse(R"({"jobTier":"Spot"})"));
}

TEST_F(Jobs, Distributions_HaveTheirOwnMembers) {
  job.distribution = core::JobDistribution{.type = "Mpi", .process_count_per_instance = 2};
  EXPECT_EQ(body().at("distribution"), json::parse(R"({"distributionType":"Mpi","processCountPerInstance":2})"));
  job.distribution = core::JobDistribution{.type = "TensorFlow", .worker_count = 3, .parameter_server_count = 1};
  EXPECT_EQ(body().at("distribution"),
            json::parse(R"({"distributionType":"TensorFlow","workerCount":3,"parameterServerCount":1})"));
}

TEST_F(Jobs, InputsAndOutputs_HaveTheServicesShape) {
  job.inputs = {{"lr", {.type = "literal", .mode = "", .address = "0.1"}},
                {"d", {.type = "uri_folder", .mode = "ReadOnlyMount", .address = "azureml://datastores/d/paths/x/"}}};
  job.outputs = {
      {"o", {.type = "uri_folder", .mode = "Upload", .address = "azureml://datastores/d/paths/y", .asset_name = ""}},
      {"p", {}}};
  EXPECT_EQ(body().at("inputs"), json::parse(R"({"lr":{"jobInputType":"literal","value":"0.1"},
      "d":{"jobInputType":"uri_folder","mode":"ReadOnlyMount","uri":"azureml://datastores/d/paths/x/"}})"));
  EXPECT_EQ(body().at("outputs"),
            json::parse(R"({"o":{"jobOutputType":"uri_folder","mode":"Upload","uri":"azureml://datastores/d/paths/y"},
      "p":{"jobOutputType":"uri_folder"}})"));
}

TEST_F(Jobs, Literal_MayBeEmpty) {
  job.inputs = {{"empty", {.type = "literal", .mode = "", .address = ""}}};
  EXPECT_EQ(body().at("inputs").at("empty"), json::parse(R"({"jobInputType":"literal","value":""})"));
}

TEST_F(Jobs, Timeout_IsAnIsoDuration) {
  job.timeout = std::chrono::minutes(10);
  EXPECT_EQ(body().at("limits"), json::parse(R"({"jobLimitsType":"Command","timeout":"PT10M"})"));
}

TEST_F(Jobs, LabelsAndMaps_AreThere) {
  job.environment_variables = {{"A", "B"}};
  job.properties = {{"azureml.git.dirty", "True"}};
  job.shm_size = "4g";
  auto const properties =
      body({.experiment_name = "exp", .display_name = "disp", .description = "why", .tags = {{"t", "1"}}});
  EXPECT_EQ(properties.at("experimentName"), "exp");
  EXPECT_EQ(properties.at("displayName"), "disp");
  EXPECT_EQ(properties.at("description"), "why");
  EXPECT_EQ(properties.at("tags"), json({{"t", "1"}}));
  EXPECT_EQ(properties.at("environmentVariables"), json({{"A", "B"}}));
  EXPECT_EQ(properties.at("properties"), json({{"azureml.git.dirty", "True"}}));
  EXPECT_EQ(properties.at("resources").at("shmSize"), "4g");
}

TEST_F(Jobs, CommandThatIsNoUtf8_DoesNotThrow) {
  job.command = "echo \xff";
  EXPECT_THAT(body().at("command").get<std::string>(), HasSubstr("echo \xEF\xBF\xBD"));
}

TEST_F(Jobs, Put_IsIdempotentAndReadsTheJob) {
  answer(
      R"({"id":"/x/jobs/j","name":"j","properties":{"jobType":"Command","status":"Starting","experimentName":"exp","displayName":"j","description":null,"tags":{},
      "properties":{"ContentSnapshotId":"1"},"computeId":"/c","services":{"Studio":{"endpoint":"https://ml.azure.com/runs/j"},"Tracking":null}},
      "systemData":{"createdAt":"2026-03-27T04:03:26.8690899+00:00"}})",
      201);
  auto const made = put_command_job(connection, "j", job, {.code_id = "/code", .environment_id = "/env"},
                                    {.experiment_name = "exp"}, {});
  EXPECT_EQ(asked().method, "PUT");
  EXPECT_EQ(asked().url, workspace + "/jobs/j?api-version=2024-04-01");
  EXPECT_TRUE(asked().idempotent);
  EXPECT_EQ(json::parse(asked().body).at("properties").at("codeId"), "/code");
  EXPECT_EQ(made.status, "Starting");
  EXPECT_EQ(made.studio_url, "https://ml.azure.com/runs/j");
  EXPECT_EQ(made.properties.at("ContentSnapshotId"), "1");
  EXPECT_EQ(made.created, base::from_iso8601("2026-03-27T04:03:26.8690899Z"));
}

TEST_F(Jobs, PutOfAnotherDefinition_SaysWhatTheServiceSaid) {
  answer(R"({"error":{"code":"UserError","message":"The job j exists with another command."}})", 409);
  auto const error =
      thrown<ServiceError>([&] { put_command_job(connection, "j", job, {}, {.experiment_name = "exp"}, {}); });
  EXPECT_STREQ(error.what(),
               "cannot submit run 'j' to experiment 'exp': 409 UserError: The job j exists with another command.");
}

TEST_F(Jobs, List_FollowsTheLinkVerbatim) {
  answer(
      R"({"value":[{"name":"a","properties":{"jobType":"Command","status":"Running"}}],"nextLink":"https://management.azure.com/x/jobs?api-version=1&$skip=op%2Fq"})");
  auto const first = list_jobs(connection, "", {}, {});
  EXPECT_EQ(asked(0).url, workspace + "/jobs?api-version=2024-04-01&listViewType=ActiveOnly");
  ASSERT_EQ(first.items.size(), 1U);
  answer(R"({"value":[],"nextLink":null})");
  auto const second = list_jobs(connection, first.next, {}, {});
  EXPECT_EQ(asked(1).url, "https://management.azure.com/x/jobs?api-version=1&$skip=op%2Fq");
  EXPECT_TRUE(second.items.empty());
  EXPECT_EQ(second.next, "");
}

TEST_F(Jobs, ListWithTags_AsksForOneAndLooksForAll) {
  answer(
      R"({"value":[{"name":"a","properties":{"tags":{"k":"v","l":"1"}}},{"name":"b","properties":{"tags":{"k":"v"}}},{"name":"c","properties":{"tags":{"k":"w","l":"1"}}}]})");
  auto const page = list_jobs(connection, "", {"k=v", "l"}, {});
  EXPECT_EQ(asked().url, workspace + "/jobs?api-version=2024-04-01&listViewType=ActiveOnly&tag=k%3Dv");
  ASSERT_EQ(page.items.size(), 1U);
  EXPECT_EQ(page.items[0].name, "a");
}

TEST_F(Jobs, NextPageWithoutTls_IsNotFollowed) {
  EXPECT_THROW(list_jobs(connection, "http://management.azure.com/x", {}, {}), TransportError);
  EXPECT_TRUE(fake.transport->requests().empty());
}

TEST_F(Jobs, NextPageOfALocalService_IsFollowed) {
  connection.resource_manager = "http://127.0.0.1:1";
  answer(R"({"value":[]})");
  list_jobs(connection, "http://127.0.0.1:1/next", {}, {});
  EXPECT_EQ(asked().url, "http://127.0.0.1:1/next");
}

TEST_F(Jobs, Cancel_TakesBothAnswers) {
  answer("", 200);
  cancel_job(connection, "j", {});
  answer("", 202, {{"Location", "https://management.azure.com/op"}, {"Retry-After", "1"}});
  cancel_job(connection, "j", {});
  EXPECT_EQ(fake.transport->requests().size(), 2U);
  EXPECT_EQ(asked().method, "POST");
  EXPECT_EQ(asked().url, workspace + "/jobs/j/cancel?api-version=2024-04-01");
  EXPECT_EQ(asked().body, "");
  EXPECT_TRUE(asked().idempotent);
}

TEST_F(Jobs, NameWithOddCharacters_StaysOneSegment) {
  answer(R"({"name":"x"})");
  get_job(connection, "a/b?c", {});
  EXPECT_EQ(asked().url, workspace + "/jobs/a%2Fb%3Fc?api-version=2024-04-01");
}

TEST_F(Jobs, CodeAndOutputs_AreRead) {
  answer(R"({"name":"j","properties":{"codeId":"/x/codes/c/versions/1","outputs":{
      "model":{"jobOutputType":"uri_folder","uri":"azureml://datastores/d/paths/m/"},"report":{"jobOutputType":"uri_file","uri":null},"odd":1}}})");
  auto const read = get_job(connection, "j", {});
  EXPECT_EQ(read.code_id, "/x/codes/c/versions/1");
  ASSERT_EQ(read.outputs.size(), 3U);
  EXPECT_EQ(read.outputs.at("model").uri, "azureml://datastores/d/paths/m/");
  EXPECT_EQ(read.outputs.at("report").type, "uri_file");
  EXPECT_EQ(read.outputs.at("report").uri, "");
  answer(R"({"name":"j","properties":{"codeId":null,"outputs":null}})");
  EXPECT_TRUE(get_job(connection, "j", {}).outputs.empty());
}

}  // namespace
}  // namespace azureml::rest
