// Every request the client makes, compared with a file. A change of one is a change of the wire and has to be wanted;
// set AZUREML_UPDATE_GOLDEN=1 to write the files anew, and read the difference.
#include "rest/rest.hpp"
#include "rest/run_records.hpp"
#include "support/fake_connection.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace azureml::rest {
namespace {

using nlohmann::json;

constexpr char const* kApi = "https://eastus2.api.azureml.ms";
std::filesystem::path const kGolden = std::filesystem::path(AZUREML_TEST_DATA) / "wire/golden";

json as_json(test::SentRequest const& request) {
  json headers = json::object();
  for (auto const& [name, value] : request.headers) {
    // Those of the pipeline have their own tests; they differ from run to run.
    if (name != "x-ms-client-request-id" && name != "User-Agent" && name != "Authorization") headers[name] = value;
  }
  auto const body = request.body.empty() ? json() : json::parse(request.body);
  return {{"method", request.method},
          {"url", request.url},
          {"headers", headers},
          {"token", request.headers.contains("Authorization")},
          {"idempotent", request.idempotent},
          {"body", body}};
}

json read_json(std::filesystem::path const& path) {
  std::ifstream file(path);
  if (!file) return {};
  return json::parse(file);
}

struct ClientRequests : testing::Test {
  test::FakeConnection fake;
  Connection const& connection = fake.connection;

  /// Answers the next request and compares it with the golden file of that name.
  template <class Call>
  void check(std::string const& name, std::string const& answer, Call const& call) {
    fake.transport->reply(200, answer);
    call();
    auto const requests = fake.transport->requests();
    ASSERT_FALSE(requests.empty());
    auto const made = as_json(requests.back());
    auto const path = kGolden / (name + ".json");
    if (std::getenv("AZUREML_UPDATE_GOLDEN")) std::ofstream(path) << made.dump(2) << "\n";
    EXPECT_EQ(made, read_json(path)) << made.dump(2);
  }

  void check_job(std::string const& name, core::JobDefinition const& job,
                 JobLabels const& labels = {.experiment_name = "diabetes"}) {
    check(name, R"({"name":"job_1"})", [&] {
      put_command_job(connection, "job_1", job,
                      {.code_id = connection.workspace_path + "/codes/c/versions/1",
                       .environment_id = connection.workspace_path + "/environments/e/versions/1"},
                      labels, {});
    });
  }
};

core::JobDefinition smallest() {
  core::JobDefinition job;
  job.command = "python train.py";
  job.compute_target = "cpu-cluster";
  return job;
}

TEST_F(ClientRequests, WorkspaceAndDiscovery) {
  check("workspace_get", R"({"properties":{"discoveryUrl":"https://d"}})", [&] { get_workspace(connection, {}); });
  check("discovery_get", R"({"api":"https://a"})",
        [&] { get_discovery(connection, "https://eastus2.api.azureml.ms/discovery", {}); });
}

TEST_F(ClientRequests, Codes) {
  std::string const hash(64, 'a');
  check("code_find", R"({"value":[]})", [&] { find_code(connection, "0f1e2d3c", hash, {}); });
  check("code_get", R"({"id":"/codes/c/versions/1"})", [&] { get_code(connection, "0f1e2d3c", "1", {}); });
  check("code_start_pending_upload", R"({"blobReferenceForConsumption":{"blobUri":"u","credential":{"sasUri":"s"}}})",
        [&] { start_pending_upload(connection, "0f1e2d3c", "1", {}); });
  check("code_put", R"({"id":"/codes/c/versions/1"})", [&] {
    put_code(connection, "0f1e2d3c", "1", "https://acct.blob.core.windows.net:443/container/my-project",
             {{"hash_sha256", hash}, {"hash_version", "202208"}}, {});
  });
}

TEST_F(ClientRequests, Environments) {
  core::JobEnvironment environment;
  environment.name = "CliV2AnonymousEnvironment";
  environment.version = "cf5b091b";
  environment.image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04";
  check("environment_put_image", R"({"id":"/e"})", [&] { put_environment(connection, environment, {}); });
  environment.conda_file = "channels:\n- conda-forge\ndependencies:\n- python\n- pip\n- pip:\n  - scikit-learn\n";
  check("environment_put_conda", R"({"id":"/e"})", [&] { put_environment(connection, environment, {}); });
  environment.name = "mine";
  environment.version = "7";
  environment.anonymous = false;
  check("environment_put_named", R"({"id":"/e"})", [&] { put_environment(connection, environment, {}); });
}

TEST_F(ClientRequests, JobsToSubmit) {
  check_job("job_put_smallest", smallest());

  auto data = smallest();
  data.command =
      "export AZUREML_DATAREFERENCE_blob=\"${{inputs.blob}}\"\npython train.py --data-folder \"${{inputs.blob}}\" "
      "--regularization 0.8";
  data.inputs = {
      {"blob",
       {.type = "uri_folder", .mode = "ReadOnlyMount", .address = "azureml://datastores/workspaceblobstore/paths/"}},
      {"rate", {.type = "literal", .mode = "", .address = "0.8"}},
      {"table", {.type = "uri_file", .mode = "Download", .address = "https://example.net/data.csv"}}};
  data.outputs = {{"result", {}},
                  {"kept",
                   {.type = "uri_folder",
                    .mode = "Upload",
                    .address = "azureml://datastores/workspaceblobstore/paths/kept/",
                    .asset_name = "kept_asset"}}};
  data.environment_variables = {{"OMP_NUM_THREADS", "4"}};
  data.properties = {{"azureml.git.branch", "main"}, {"azureml.git.dirty", "False"}};
  check_job("job_put_data", data,
            {.experiment_name = "diabetes",
             .display_name = "with data",
             .description = "why it is run",
             .tags = {{"model", "svm"}}});

  auto kinds = smallest();
  std::string const place = "azureml://datastores/workspaceblobstore/paths/LocalUpload/" + std::string(64, 'b');
  kinds.inputs = {
      {"asset",
       {.type = "uri_folder", .mode = "ReadOnlyMount", .address = connection.workspace_path + "/data/iris/versions/3"}},
      {"folder", {.type = "uri_folder", .mode = "ReadOnlyMount", .address = place + "/iris/"}},
      {"file", {.type = "uri_file", .mode = "Download", .address = place + "/iris.csv"}},
      {"blob", {.type = "uri_folder", .mode = "Download", .address = "wasbs://box@acct.blob.core.windows.net/iris"}}};
  kinds.outputs = {
      {"through", {.type = "uri_folder", .mode = "ReadWriteMount", .asset_name = "iris_model"}},
      {"at_the_end", {.type = "uri_folder", .mode = "Upload", .address = "azureml://datastores/results/paths/iris"}}};
  check_job("job_put_data_kinds", kinds);

  auto mpi = smallest();
  mpi.instance_count = 2;
  mpi.distribution = core::JobDistribution{.type = "Mpi", .process_count_per_instance = 4};
  mpi.shm_size = "4g";
  mpi.timeout = std::chrono::minutes(90);
  check_job("job_put_mpi", mpi);

  auto tensorflow = smallest();
  tensorflow.instance_count = 3;
  tensorflow.distribution = core::JobDistribution{.type = "TensorFlow", .worker_count = 2, .parameter_server_count = 1};
  check_job("job_put_tensorflow", tensorflow);

  auto serverless = smallest();
  serverless.compute_target.clear();
  serverless.instance_type = "Standard_NC6s_v3";
  serverless.job_tier = "Spot";
  check_job("job_put_serverless", serverless);
}

TEST_F(ClientRequests, Jobs) {
  check("job_get", R"({"name":"job_1"})", [&] { get_job(connection, "job_1", {}); });
  check("job_list", R"({"value":[]})", [&] { list_jobs(connection, "", {}, {}); });
  check("job_list_tag", R"({"value":[]})", [&] { list_jobs(connection, "", {"model=svm"}, {}); });
  check("job_list_next", R"({"value":[]})",
        [&] { list_jobs(connection, "https://management.azure.com/x?api-version=2024-04-01&$skip=opaque", {}, {}); });
  check("job_cancel", "", [&] { cancel_job(connection, "job_1", {}); });
}

TEST_F(ClientRequests, RunHistoryAndArtifacts) {
  auto const* details = R"({"runId":"job_1","status":"Running"})";
  check("run_details", details, [&] { get_details(connection, kApi, "job_1", {}); });
  check("run_details_held", details, [&] {
    get_details(connection, kApi, "job_1", {}, Hold{.known_status = "Running", .wait = std::chrono::seconds(20)});
  });
  check("artifact_list", R"({"value":[]})", [&] { list_artifacts(connection, kApi, "job_1", "", "", {}); });
  check("artifact_list_next", R"({"value":[]})", [&] { list_artifacts(connection, kApi, "job_1", "", "t/1=", {}); });
  check("artifact_address", R"({"contentUri":"https://a"})",
        [&] { get_artifact_uri(connection, kApi, "job_1", "outputs/model v1.pkl", {}); });
  check("artifact_addresses", R"({"value":[]})",
        [&] { list_artifact_addresses(connection, kApi, "job_1", "outputs/", "t/1=", {}); });
  check("artifact_write_address", R"({"contentUri":"https://a"})",
        [&] { get_artifact_write_uri(connection, kApi, "job_1", "outputs/model v1.pkl", {}); });
  check("artifact_create", R"({"artifactContentInformation":{}})", [&] {
    create_artifacts(connection, kApi, "job_1", {"outputs/a", "outputs/b"}, {});
  });
  check("run_data", R"({"runMetadata":{}})", [&] { get_output_assets(connection, kApi, "job_1", {}); });
  check("asset_resolve", R"({"values":{}})",
        [&] { resolve_asset(connection, kApi, "azureml://locations/l/workspaces/w/data/d/versions/1", {}); });
}

TEST_F(ClientRequests, RunRecords) {
  auto const* run = R"({"runId":"job_1"})";
  RunAddress const address{.experiment = "diabetes", .run_id = "job_1"};
  check("run_get", run, [&] { get_run(connection, kApi, address, {}); });
  check("run_patch", run, [&] {
    RunPatch const patch{.tags = {{"a", "b"}}, .properties = {{"p", "1"}}, .display_name = "A name", .description = "What for", .hidden = true};
    patch_run(connection, kApi, address, patch, "change run 'job_1'", {});
  });
  check("run_tags_delete", run, [&] { delete_run_tags(connection, kApi, address, {"a", "b"}, {}); });
  RunFilter const filter{.tags = {{"a", "b"}}, .properties = {{"p", ""}}, .status = "Running", .type = "hyperdrive", .only_top_level = true, .hidden = false};
  check("run_query", R"({"value":[]})", [&] { query_runs(connection, kApi, "diabetes", filter, "", {}); });
  check("run_query_next", R"({"value":[]})", [&] { query_runs(connection, kApi, "diabetes", {}, "next page", {}); });
  RunFilter const failed{.tags = {}, .properties = {}, .status = "Failed", .type = {}};
  check("run_children", R"({"value":[]})", [&] { list_children(connection, kApi, "job_1", failed, "next page", {}); });
  check("job_list_view", R"({"value":[]})", [&] { query_jobs(connection, "", {.tags = {}, .view = "ArchivedOnly", .type = "Command"}, {}); });
}

TEST_F(ClientRequests, ComputesAndDatastores) {
  check("compute_get", R"({"name":"cpu-cluster"})", [&] { get_compute(connection, "cpu-cluster", {}); });
  check("datastore_get", R"({"name":"workspaceblobstore"})",
        [&] { get_datastore(connection, "workspaceblobstore", {}); });
  check("datastore_default", R"({"value":[]})", [&] { get_default_datastore(connection, {}); });
  check("datastore_list", R"({"value":[]})", [&] { list_datastores(connection, "", {}); });
  check("datastore_secrets", R"({"secretsType":"Sas","sasToken":"?sig=a"})",
        [&] { list_datastore_secrets(connection, "workspaceblobstore", {}); });
  check("datastore_delete", "", [&] { delete_datastore(connection, "mine", {}); });
  check("datastore_set_default", "", [&] { set_default_datastore(connection, kApi, "mine", {}); });
}

TEST_F(ClientRequests, DatastoresToRegister) {
  auto const* made = R"({"name":"mine"})";
  DatastoreResource const blob{.name = "mine",
                               .type = "AzureBlob",
                               .account_name = "acct",
                               .container_name = "testblob",
                               .endpoint = "core.windows.net",
                               .protocol = "https"};
  check("datastore_put_blob_key", made,
        [&] { put_datastore(connection, blob, {.account_key = "dGhpcyBpcyBmYWtlIGtleQ=="}, true, false, {}); });
  check("datastore_put_blob_sas", made, [&] {
    put_datastore(connection, blob, {.sas_token = "?sv=2021-12-02&sp=rcwl&sig=ZmFrZQ%3D%3D"}, false, false, {});
  });
  auto granted = blob;
  granted.description = "the team's images";
  granted.tags = {{"team", "vision"}};
  granted.subscription_id = "11111111-2222-3333-4444-555555555555";
  granted.resource_group = "storage";
  check("datastore_put_blob_none", made, [&] { put_datastore(connection, granted, {}, false, true, {}); });
  auto share = blob;
  share.type = "AzureFile";
  share.container_name = "testshare";
  check("datastore_put_share", made,
        [&] { put_datastore(connection, share, {.account_key = "dGhpcyBpcyBmYWtlIGtleQ=="}, false, false, {}); });
}

TEST_F(ClientRequests, DataAssets) {
  auto const* made = R"({"id":"/d"})";
  check("data_get", made, [&] { get_data(connection, "iris", "3", {}); });
  check("data_latest", R"({"properties":{"latestVersion":"3"}})",
        [&] { get_latest_data_version(connection, "iris", {}); });
  check("data_put", made, [&] {
    put_data(connection,
             {.name = "iris",
              .version = "4",
              .type = "uri_folder",
              .uri = "azureml://datastores/workspaceblobstore/paths/iris",
              .description = "flowers",
              .tags = {{"year", "1936"}},
              .properties = {{"rows", "150"}}},
             {});
  });
}

/// The names in this file and the files themselves, so that none is forgotten on either side.
TEST(ClientGolden, Files_AreAllUsed) {
  std::ifstream file(std::filesystem::path(AZUREML_SOURCE_ROOT) / "tests/contract/client_golden_test.cpp");
  std::stringstream source;
  source << file.rdbuf();
  std::size_t count = 0;
  for (auto const& entry : std::filesystem::directory_iterator(kGolden)) {
    EXPECT_NE(source.str().find("\"" + entry.path().stem().string() + "\""), std::string::npos) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 46U);
}

}  // namespace
}  // namespace azureml::rest
