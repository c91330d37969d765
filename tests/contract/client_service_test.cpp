// The client's REST layer against the mocked service over real sockets: the main job from the look-up of the code to
// the last file.
#include "http/pipeline.hpp"
#include "rest/rest.hpp"
#include "support/fake_clock.hpp"
#include "support/mock_service.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

namespace azureml::rest {
namespace {

using test::MockReply;
using test::MockService;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;

struct ClientAgainstService : testing::Test {
  MockService service;
  test::FakeClock clock;
  Connection connection{.pipeline = http::Pipeline(options()),
                        .resource_manager = service.endpoint(),
                        .workspace_path = MockService::workspace_path()};

  [[nodiscard]] http::PipelineOptions options() {
    http::PipelineOptions result;
    result.clock = &clock;
    result.token = [](bool, Context const&) { return MockService::kToken; };
    return result;
  }
  void TearDown() override {
    EXPECT_THAT(service.violations(), IsEmpty());
    EXPECT_THAT(service.server().unexpected(), IsEmpty());
  }

  http::Response blob(std::string const& method, std::string const& url, std::string const& body = {},
                      http::Headers headers = {}) {
    http::Request request{.method = method,
                          .url = url,
                          .headers = std::move(headers),
                          .body = body,
                          .idempotent = true,
                          .auth = http::AuthKind::none};
    return connection.pipeline.send(request, {});
  }
  std::string submit(std::string const& name = "job_1") {
    core::JobEnvironment environment;
    environment.name = "CliV2AnonymousEnvironment";
    environment.version = "1";
    environment.image = "python:3.11";
    auto const environment_id = put_environment(connection, environment, {});
    auto const upload = start_pending_upload(connection, "code", "1", {});
    auto const question = upload.sas_uri.find('?');
    EXPECT_EQ(blob("PUT", upload.sas_uri.substr(0, question) + "/project/train.py" + upload.sas_uri.substr(question),
                   "print(1)\n", {{"x-ms-blob-type", "BlockBlob"}, {"If-None-Match", "*"}})
                  .status,
              201);
    auto const code = put_code(connection, "code", "1", upload.blob_uri + "/project",
                               {{"hash_sha256", "abc"}, {"hash_version", "202208"}}, {});
    core::JobDefinition job;
    job.command = "python train.py";
    job.compute_target = "cpu-cluster";
    return put_command_job(connection, name, job, {.code_id = code.id, .environment_id = environment_id},
                           {.experiment_name = "exp"}, {})
        .status;
  }
};

TEST_F(ClientAgainstService, MainJob_FromCodeToFiles) {
  auto const api = get_discovery(connection, get_workspace(connection, {}).discovery_url, {}).api;
  EXPECT_FALSE(find_code(connection, "code", "abc", {}));
  EXPECT_EQ(submit(), "Starting");
  EXPECT_TRUE(find_code(connection, "other", "abc", {}));

  std::vector<std::string> statuses;
  std::string log;
  while (statuses.empty() || statuses.back() != "Completed") {
    ASSERT_LT(statuses.size(), 20U);
    auto const details = get_details(connection, api, "job_1", {});
    statuses.push_back(details.status);
    for (auto const& [name, url] : details.log_files) {
      auto const reply = blob("GET", url, {}, {{"Range", "bytes=" + std::to_string(log.size()) + "-"}});
      if (reply.status == 206) log += reply.body;
    }
  }
  EXPECT_THAT(statuses, ElementsAre("Starting", "Preparing", "Running", "Running", "Finalizing", "Completed"));
  EXPECT_EQ(log, "line one\nline two\n");

  std::vector<std::string> files;
  std::string next;
  do {
    auto page = list_artifacts(connection, api, "job_1", {}, next, {});
    for (auto& artifact : page.items) files.push_back(std::move(artifact.path));
    next = page.next;
  } while (!next.empty());
  EXPECT_THAT(files, ElementsAre("user_logs/std_log.txt", "outputs/model.txt"));
  EXPECT_EQ(blob("GET", get_artifact_uri(connection, api, "job_1", "outputs/model.txt", {})).body, "the model");
  EXPECT_THROW(get_artifact_uri(connection, api, "job_1", "outputs/other", {}), NotFoundError);
}

TEST_F(ClientAgainstService, FailedJob_SaysWhy) {
  service.script(MockService::failing_job(3));
  submit();
  Details details;
  for (int i = 0; i < 3; ++i) details = get_details(connection, service.endpoint(), "job_1", {});
  EXPECT_EQ(details.status, "Failed");
  ASSERT_TRUE(details.error);
  EXPECT_EQ(details.error->exit_code, 3);
}

TEST_F(ClientAgainstService, Cancel_IsAnswered202AndThen200) {
  submit();
  cancel_job(connection, "job_1", {});
  EXPECT_EQ(get_job(connection, "job_1", {}).status, "Canceled");
  cancel_job(connection, "job_1", {});
}

TEST_F(ClientAgainstService, List_GoesOverThePages) {
  submit("a");
  core::JobDefinition job;
  job.command = "true";
  for (auto const* name : {"b", "c", "d", "e"})
    put_command_job(connection, name, job, {.code_id = {}, .environment_id = "azureml:e:1"}, {}, {});
  std::vector<std::string> names;
  std::string next;
  do {
    auto const page = list_jobs(connection, next, {}, {});
    for (auto const& one : page.items) names.push_back(one.name);
    next = page.next;
  } while (!next.empty());
  EXPECT_THAT(names, ElementsAre("e", "d", "c", "b", "a"));
}

TEST_F(ClientAgainstService, FaultsAtEveryRequest_AreGotOver) {
  auto& server = service.server();
  for (auto const* method : {"PUT", "GET", "POST"}) {
    server.once(method, MockService::workspace_path() + "/*", test::throttled("2"));
    server.once(method, MockService::workspace_path() + "/*", test::throttled("Fri, 27 Mar 2026 00:00:10 GMT"));
    server.once(method, MockService::workspace_path() + "/*", test::html_reply(502));
    server.once(method, MockService::workspace_path() + "/*", MockReply{.no_answer = true});
  }
  server.once("GET", "/history/*", MockReply{.body = R"({"runId":"job_1",)", .declared = 500});
  server.once("GET", "/history/*", MockReply{.streamed = 100'000, .cut_after = 50'000, .reset = true});
  EXPECT_EQ(submit(), "Starting");
  EXPECT_EQ(get_details(connection, service.endpoint(), "job_1", {}).status, "Starting");
  EXPECT_EQ(get_job(connection, "job_1", {}).status, "Preparing");
  EXPECT_EQ(service.jobs().size(), 1U);
}

TEST_F(ClientAgainstService, HtmlWhereJsonShouldBe_IsAnErrorThatSaysSo) {
  service.server().once("GET", MockService::workspace_path(), test::html_reply(200));
  try {
    get_workspace(connection, {});
    FAIL() << "no error";
  } catch (TransportError const& error) {
    EXPECT_THAT(error.what(), HasSubstr("an HTML page instead of a JSON object"));
  }
}

TEST_F(ClientAgainstService, SubmittedTwice_IsOneJob) {
  submit();
  core::JobDefinition job;
  job.command = "python train.py";
  EXPECT_EQ(put_command_job(connection, "job_1", job, {.code_id = {}, .environment_id = "azureml:e:1"}, {}, {}).name,
            "job_1");
  job.command = "python other.py";
  EXPECT_THROW(put_command_job(connection, "job_1", job, {.code_id = {}, .environment_id = "azureml:e:1"}, {}, {}),
               ServiceError);
  EXPECT_EQ(service.jobs().size(), 1U);
}

TEST_F(ClientAgainstService, UnknownCompute_IsABadRequest) {
  core::JobDefinition job;
  job.command = "true";
  job.compute_target = "nowhere";
  try {
    put_command_job(connection, "job_1", job, {.code_id = {}, .environment_id = "azureml:e:1"}, {}, {});
    FAIL() << "no error";
  } catch (ServiceError const& error) {
    EXPECT_EQ(error.status(), 400);
    EXPECT_EQ(error.inner_code(), "UnknownTargetType");
  }
}

TEST_F(ClientAgainstService, ExpiredAddress_Is403AndANewOneWorks) {
  submit();
  for (int i = 0; i < 3; ++i) get_details(connection, service.endpoint(), "job_1", {});
  auto const before = get_details(connection, service.endpoint(), "job_1", {}).log_files;
  ASSERT_THAT(before, ElementsAre(Key("user_logs/std_log.txt")));
  service.expire_addresses();
  EXPECT_EQ(blob("GET", before.begin()->second).status, 403);
  EXPECT_EQ(blob("GET", get_details(connection, service.endpoint(), "job_1", {}).log_files.begin()->second).status,
            200);
}

TEST_F(ClientAgainstService, Capabilities_AreAnnouncedWhenAsked) {
  service.announce(20'000);
  EXPECT_EQ(get_discovery(connection, service.endpoint() + "/discovery", {}).follow_wait, std::chrono::seconds(20));
}

TEST_F(ClientAgainstService, ComputesAndDatastores_AreFound) {
  EXPECT_EQ(get_compute(connection, "cpu-cluster", {}).type, "AmlCompute");
  EXPECT_THROW(get_compute(connection, "other", {}), NotFoundError);
  EXPECT_EQ(get_default_datastore(connection, {}).value().name, "workspaceblobstore");
  EXPECT_EQ(get_datastore(connection, "workspaceartifactstore", {}).type, "AzureBlob");
}

}  // namespace
}  // namespace azureml::rest
