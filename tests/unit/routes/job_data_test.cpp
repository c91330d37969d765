#include "routes_fixture.hpp"

namespace azureml::engine::routes {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class JobDataTest : public RoutesTest {
 protected:
  void SetUp() override {
    RoutesTest::SetUp();
    an_environment();
    store_->add_data({.name = "iris", .version = "1", .uri = "azureml://datastores/workspaceblobstore/paths/iris"});
    store_->add_data({.name = "iris", .version = "2", .type = "uri_file", .uri = "https://host/iris.csv?sig=secret"});
    store_->put_datastore({.name = "foreign", .type = "AzureBlob", .account = "other1", .container = "box"});
    store_->put_datastore(
        {.name = "share", .type = "AzureFile", .account = identity_.storage_account, .container = "box"});
    store_->put_datastore(
        {.name = "here", .type = "AzureBlob", .account = identity_.storage_account, .container = "box"});
    store_->add_container("box");
    store_->put_datastore(
        {.name = "empty", .type = "AzureBlob", .account = identity_.storage_account, .container = "none"});
  }
  static json with_input(std::string const& uri, std::string const& mode = {}) {
    auto job = command_job();
    job["inputs"]["d"] = {{"jobInputType", "uri_folder"}, {"uri", uri}};
    if (!mode.empty()) job["inputs"]["d"]["mode"] = mode;
    return job;
  }
  static json with_output(json const& output) {
    auto job = command_job();
    job["outputs"]["o"] = output;
    return job;
  }
};

TEST_F(JobDataTest, ReadableInputs_AreAccepted) {
  ask_json(put_job("earlier", with_output({{"jobOutputType", "uri_folder"}})), 201);
  int number = 0;
  for (std::string const uri :
       {"azureml://datastores/workspaceblobstore/paths/LocalUpload/x/",
        "azureml://datastores/WorkspaceBlobStore/paths/a", "azureml://datastores/here/paths/a",
        "azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.earlier", "azureml:iris:1",
        "azureml:iris@latest",
        "azureml://subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/local/workspaces/local/datastores/"
        "workspaceblobstore/paths/a",
        "azureml://jobs/earlier/outputs/o/paths/x", "azureml://jobs/earlier/outputs/default/paths/x",
        "runs:/earlier/outputs", "https://host/a.csv"}) {
    auto const name = "r" + std::to_string(number++);
    auto const reply = ask_json(put_job(name, with_input(uri)), 201);
    EXPECT_EQ(reply.at("properties").at("inputs").at("d").at("mode"), "ReadOnlyMount") << uri;
  }
}

TEST_F(JobDataTest, UnreadableInputs_AreRefusedWithTheReason) {
  std::pair<char const*, char const*> const cases[] = {
      {"", "has no uri"},
      {"/etc/passwd", "cannot read"},
      {"azureml://datastores/workspaceblobstore/paths/../x", "cannot read"},
      {"azureml://datastores/absent/paths/x", "datastore 'absent', which does not exist"},
      {"azureml://datastores/workspacefilestore/paths/x", "datastore 'workspacefilestore', which does not exist"},
      {"azureml://datastores/foreign/paths/x", "storage account 'other1': its data is not held by this engine"},
      {"azureml://datastores/share/paths/x", "file share (AzureFile): its data is not held by this engine"},
      {"azureml://datastores/empty/paths/x", "container 'none' does not exist"},
      {"azureml:iris:9", "data asset 'iris' in version '9', which does not exist"},
      {"azureml:other@latest", "data asset 'other' in its latest version, which does not exist"},
      {"azureml://jobs/absent/outputs/o/paths/x", "job 'absent', which does not exist"},
      {"wasbs://c@a.blob.core.windows.net/x", "whose storage this engine cannot reach"},
      {"azureml://registries/r/data/d/versions/1", "whose storage this engine cannot reach"},
      {"azureml://subscriptions/1/resourcegroups/g/workspaces/w/datastores/workspaceblobstore/paths/a",
       "another workspace"},
      {"ftp://user:pass@h/x?sig=secret", "cannot read"},
  };
  for (auto const& [uri, reason] : cases) {
    auto const error = refusal(put_job("r1", with_input(uri)));
    EXPECT_EQ(error.status, 400) << uri;
    EXPECT_THAT(error.message, HasSubstr("The data input 'd' (inputs.d) ")) << uri;
    EXPECT_THAT(error.message, HasSubstr(reason));
    EXPECT_THAT(error.message, Not(HasSubstr("secret")));
  }
  EXPECT_FALSE(store_->find_job("r1"));
  EXPECT_TRUE(runner_calls_.empty());
}

TEST_F(JobDataTest, OutputOfAJobThatHasNoSuch_IsRefused) {
  ask_json(put_job("earlier", with_output({{"jobOutputType", "uri_folder"}})), 201);
  EXPECT_THAT(refusal(put_job("r1", with_input("azureml://jobs/earlier/outputs/p/paths/x"))).message,
              HasSubstr("no output of that name"));
}

TEST_F(JobDataTest, AssetThatLeadsNowhere_SaysBoth) {
  store_->add_data({.name = "far", .version = "1", .uri = "azureml://datastores/foreign/paths/x"});
  EXPECT_THAT(refusal(put_job("r1", with_input("azureml:far:1"))).message,
              HasSubstr("is the data asset 'far' version '1', which is on the datastore 'foreign'"));
}

TEST_F(JobDataTest, EveryBadInput_IsTold) {
  auto job = with_input("x");
  job["inputs"]["e"] = {{"jobInputType", "uri_file"}, {"uri", "azureml:none:1"}};
  job["outputs"]["o"] = {{"jobOutputType", "uri_folder"}, {"uri", "https://h/x"}};
  auto const error = refusal(put_job("r1", job));
  EXPECT_EQ(error.details.size(), 3U);
  EXPECT_THAT(error.message, HasSubstr("2 more"));
}

TEST_F(JobDataTest, Asset_IsPinnedToTheVersionOfNow) {
  auto const job = with_input("azureml:iris@latest", "Download");
  auto const reply = ask_json(put_job("r1", job), 201).at("properties").at("inputs").at("d");
  EXPECT_EQ(reply.at("uri"), std::string(kScope) + "/data/iris/versions/2");
  EXPECT_EQ(reply.at("mode"), "Download");
  EXPECT_FALSE(reply.contains("uriSent"));
  store_->add_data({.name = "iris", .version = "3", .uri = "https://host/3"});
  EXPECT_EQ(ask(put_job("r1", job)).status, 200) << "the same words are the same wish";
  EXPECT_EQ(ask(put_job("r1", with_input("azureml:iris:2", "Download"))).status, 200)
      << "the same version in other words";
  auto const error = refusal(put_job("r1", with_input("azureml:iris:3", "Download")));
  EXPECT_EQ(error.status, 409);
  EXPECT_THAT(error.message, HasSubstr("the input 'd' (inputs.d) has another uri"));
}

TEST_F(JobDataTest, Output_HasItsPlaceInTheDefaultDatastore) {
  auto const job = with_output({{"jobOutputType", "uri_folder"}});
  auto const reply = ask_json(put_job("r1", job), 201).at("properties").at("outputs").at("o");
  EXPECT_EQ(
      reply,
      json::parse(
          R"({"description":null,"uri":"azureml://datastores/workspaceblobstore/paths/azureml/r1/o/","assetName":null,
                                   "mode":"ReadWriteMount","jobOutputType":"uri_folder"})"));
  store_->set_default_datastore("here");
  EXPECT_EQ(ask(put_job("r1", job)).status, 200) << "made before the default moved";
  EXPECT_EQ(ask_json(put_job("r2", job), 201).at("properties").at("outputs").at("o").at("uri"),
            "azureml://datastores/here/paths/azureml/r2/o/");
  store_->set_default_datastore("foreign");
  EXPECT_THAT(refusal(put_job("r3", job)).message,
              HasSubstr("The data output 'o' (outputs.o) is on the datastore 'foreign'"));
}

TEST_F(JobDataTest, OutputsElsewhere_AreRefused) {
  std::pair<char const*, char const*> const cases[] = {
      {"https://h/x", "cannot write"},
      {"azureml:iris:1", "cannot write"},
      {"azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.r0/x", "artifacts of runs"},
      {"azureml://datastores/absent/paths/x", "does not exist"},
      {"azureml://datastores/foreign/paths/x", "not held by this engine"},
  };
  for (auto const& [uri, reason] : cases) {
    auto const error =
        refusal(put_job("r1", with_output({{"jobOutputType", "uri_folder"}, {"uri", uri}, {"mode", "Upload"}})));
    EXPECT_EQ(error.status, 400) << uri;
    EXPECT_THAT(error.message, HasSubstr(reason)) << uri;
  }
}

TEST_F(JobDataTest, Modes_AreThoseOfThisEngine) {
  int number = 0;
  for (auto const* mode : {"ReadOnlyMount", "ro_mount", "mount", "download", "Direct"}) {
    EXPECT_EQ(ask(put_job("i" + std::to_string(number++), with_input("azureml:iris:1", mode))).status, 201) << mode;
  }
  for (auto const* mode : {"EvalMount", "EvalDownload", "ReadWriteMount", "x"}) {
    auto const error = refusal(put_job("r1", with_input("azureml:iris:1", mode)));
    EXPECT_THAT(error.message, HasSubstr(std::string("The mode ") + mode + " of the data input 'd'"));
    EXPECT_THAT(error.message, HasSubstr("inputs.d.mode"));
  }
  for (auto const* mode : {"EvalMount", "Download"}) {
    EXPECT_THAT(refusal(put_job("r1", with_output({{"jobOutputType", "uri_folder"}, {"mode", mode}}))).message,
                HasSubstr("outputs.o.mode"))
        << mode;
  }
  for (auto const* mode : {"ReadWriteMount", "rw_mount", "Upload", "direct"}) {
    EXPECT_EQ(
        ask(put_job("o" + std::to_string(number++), with_output({{"jobOutputType", "uri_folder"}, {"mode", mode}})))
            .status,
        201)
        << mode;
  }
}

TEST_F(JobDataTest, DataThatTheScriptReachesItself_MayBeAnywhere) {
  int number = 0;
  for (auto const* uri : {"wasbs://c@a.blob.core.windows.net/x", "azureml://datastores/foreign/paths/x"}) {
    EXPECT_EQ(ask(put_job("r" + std::to_string(number++), with_input(uri, "direct"))).status, 201) << uri;
  }
  EXPECT_EQ(refusal(put_job("x", with_input("/etc/passwd", "Direct"))).status, 400);
  EXPECT_EQ(refusal(put_job("x", with_input("azureml:none:1", "Direct"))).status, 400);
}

TEST_F(JobDataTest, WordsInAnOutputsAddress_AreFilledIn) {
  auto const job =
      with_output({{"jobOutputType", "uri_file"},
                   {"uri", "azureml://datastores/${{default_datastore}}/paths/x/${{name}}/${{output_name}}.bin"},
                   {"assetName", "made"}});
  auto const output = ask_json(put_job("r1", job), 201).at("properties").at("outputs").at("o");
  EXPECT_EQ(output.at("uri"), "azureml://datastores/workspaceblobstore/paths/x/r1/o.bin");
  EXPECT_EQ(output.at("assetName"), "made");
  EXPECT_EQ(ask(put_job("r1", job)).status, 200);
}

TEST_F(JobDataTest, WhatWasRead_CanBeSentBack) {
  auto job = with_input("azureml:iris@latest");
  job["outputs"]["o"] = {{"jobOutputType", "uri_folder"}};
  auto const read = ask_json(put_job("r1", job), 201);
  EXPECT_EQ(ask({.method = "PUT", .address = arm("jobs/r1"), .body = read.dump()}).status, 200);
}

TEST_F(JobDataTest, ChangedData_IsAnotherDefinition) {
  auto job = with_input("azureml:iris:1");
  job["outputs"]["o"] = {{"jobOutputType", "uri_folder"}};
  ask_json(put_job("r1", job), 201);
  std::pair<char const*, char const*> const cases[] = {
      {R"({"inputs":{"d":{"uri":"https://h/?sig=secret"}}})", "the input 'd' (inputs.d) has another uri"},
      {R"({"inputs":{"d":{"mode":"Download"}}})", "the input 'd' (inputs.d) has another mode"},
      {R"({"inputs":{"d":{"jobInputType":"uri_file"}}})", "the input 'd' (inputs.d) has another jobInputType"},
      {R"({"inputs":{"e":{"jobInputType":"literal","value":"1"}}})", "the input 'e' (inputs.e) is new here"},
      {R"({"inputs":null})", "the input 'd' (inputs.d) is missing here"},
      {R"({"outputs":{"o":{"mode":"Upload"}}})", "the output 'o' (outputs.o) has another mode"},
      {R"({"outputs":{"o":{"uri":"azureml://datastores/here/paths/x"}}})",
       "the output 'o' (outputs.o) has another uri"},
  };
  for (auto const& [change, difference] : cases) {
    auto other = job;
    other.merge_patch(json::parse(change));
    auto const error = refusal(put_job("r1", other));
    EXPECT_EQ(error.status, 409) << change;
    EXPECT_THAT(error.message, HasSubstr(difference));
    EXPECT_THAT(error.message, Not(HasSubstr("secret")));
  }
  auto same = job;
  same["inputs"]["d"]["uri"] = std::string(kScope) + "/data/iris/versions/1";
  same["inputs"]["d"]["mode"] = "ReadOnlyMount";
  same["inputs"]["d"]["description"] = "words";
  same["outputs"]["o"]["uri"] = "azureml://datastores/workspaceblobstore/paths/azureml/r1/o";
  EXPECT_EQ(ask(put_job("r1", same)).status, 200);
}

TEST_F(JobDataTest, RunHistory_NamesInputsAndOutputsSoThatClientsFindThem) {
  auto job = with_input("azureml:iris:1");
  job["inputs"]["lr"] = {{"jobInputType", "literal"}, {"value", "1"}};
  job["outputs"]["o_output_data_x"] = {{"jobOutputType", "uri_folder"}};
  ask_json(put_job("r_output_data_1", job), 201);
  auto const data = ask_json({.method = "POST",
                              .address = history("rundata"),
                              .body = R"({"runId":"r_output_data_1","selectRunDefinition":true})"});
  auto const& inputs = data.at("runMetadata").at("inputs");
  ASSERT_EQ(inputs.size(), 1U);
  EXPECT_EQ(inputs.at("d").at("assetId"),
            "azureml://locations/local/workspaces/" + identity_.workspace_id + "/data/iris/versions/1");
  EXPECT_EQ(inputs.at("d").at("type"), "uri_folder");
  auto const& output = data.at("runMetadata").at("outputs").at("o_output_data_x");
  EXPECT_EQ(output.at("type"), "uri_folder");
  EXPECT_THAT(data.at("runDefinition").dump(), Not(HasSubstr("uriSent")));
  auto const id = output.at("assetId").get<std::string>();
  auto const resolved = ask_json({.method = "POST",
                                  .address = std::string("/data/v1.0") + kScope + "/dataversion/batchGetResolvedUris",
                                  .body = json{{"values", {id}}}.dump()});
  EXPECT_THAT(resolved.at("values").at(id).at("uri").get<std::string>(),
              ::testing::EndsWith("/datastores/workspaceblobstore/paths/azureml/r_output_data_1/o_output_data_x/"));
}

}  // namespace
}  // namespace azureml::engine::routes
