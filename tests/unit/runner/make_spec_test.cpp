#include "engine/runner/make_spec.hpp"
#include "engine/runner/run_failure.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

struct MakeSpecTest : ::testing::Test {
  MakeSpecTest() {
    store.add_code({.name = "c", .version = "1", .code_uri = "http://127.0.0.1:5/azuremlab/box/Local%20Upload/c1"});
    store.add_environment({.name = "e", .version = "2", .image = "mcr.microsoft.com/azureml/base", .conda_file = "dependencies: [python]"});
    store.add_environment({.name = "bare", .version = "1"});
  }
  test::TemporaryDirectory directory{};
  store::Home home{directory.path()};
  store::Store store{home.database()};
  RunSpec make(std::string const& definition) { return make_spec(store, home, {.name = "r", .experiment = "x", .definition = definition}); }
  RunError error_of(std::string const& definition) {
    try {
      make(definition);
    } catch (RunFailure const& failure) {
      return failure.error();
    }
    ADD_FAILURE() << "accepted: " << definition;
    return {};
  }
};

TEST_F(MakeSpecTest, WholeDefinition_BecomesASpecification) {
  auto const spec = make(R"({"jobType":"Command","command":"python t.py","codeId":"/subscriptions/s/resourceGroups/g/providers/p/workspaces/w/codes/c/versions/1",
    "environmentId":"/x/environments/e/versions/2","environmentVariables":{"A":"B"},"inputs":{"lr":{"jobInputType":"literal","value":"0.1"}},
    "limits":{"jobLimitsType":"Command","timeout":"PT10M"},"resources":{"instanceCount":1}})");
  EXPECT_EQ(spec.command, "python t.py");
  EXPECT_EQ(spec.code_directory, (home.blobs() / "box" / "Local Upload" / "c1").string());
  EXPECT_EQ(spec.conda_file, "dependencies: [python]");
  EXPECT_EQ(spec.job_variables.at("A"), "B");
  EXPECT_EQ(spec.inputs.at("lr"), "0.1");
  EXPECT_EQ(spec.timeout, std::chrono::minutes(10));
  ASSERT_EQ(spec.warnings.size(), 1U);
  EXPECT_NE(spec.warnings[0].find("mcr.microsoft.com/azureml/base"), std::string::npos);
}

TEST_F(MakeSpecTest, DataOfTheJob_IsResolved) {
  store.add_container("azureml-blobstore-w1");
  store.put_blob({.container = "azureml-blobstore-w1", .name = "a/b"});
  DataPlaces const places{.storage_account = "acct", .workspace_id = "w1"};
  auto const spec = make_spec(store, home, {.name = "r", .experiment = "x", .definition = R"({"command":"x","inputs":{"lr":{"jobInputType":"literal","value":"1"},
    "d":{"jobInputType":"uri_folder","uri":"azureml://datastores/workspaceblobstore/paths/a"}},
    "outputs":{"default":{"jobOutputType":"uri_folder"},"m":{"jobOutputType":"uri_folder","mode":"Upload"}}})"}, places);
  EXPECT_EQ(spec.inputs.size(), 1U);
  ASSERT_EQ(spec.data_inputs.size(), 1U);
  EXPECT_EQ(spec.data_inputs[0].source, (home.blobs() / "azureml-blobstore-w1/a").string());
  ASSERT_EQ(spec.data_outputs.size(), 1U);
  EXPECT_EQ(spec.data_outputs[0].path, "azureml/r/m");
}

TEST_F(MakeSpecTest, ServicesDefaultImage_IsNothingToWarnOf) {
  store.add_environment({.name = "default", .version = "1", .image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04", .conda_file = "dependencies: [python]"});
  store.add_environment({.name = "tagged", .version = "1", .image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest"});
  store.add_environment({.name = "other", .version = "1", .image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04-py38"});
  EXPECT_TRUE(make(R"({"command":"x","environmentId":"azureml:default:1"})").warnings.empty());
  EXPECT_TRUE(make(R"({"command":"x","environmentId":"azureml:tagged:1"})").warnings.empty());
  EXPECT_EQ(make(R"({"command":"x","environmentId":"azureml:other:1"})").warnings.size(), 1U);
}

TEST_F(MakeSpecTest, WithoutCondaFile_UsesTheConfiguredPython) {
  EXPECT_FALSE(make(R"({"command":"x","environmentId":"azureml:bare:1"})").has_conda_file);
}

TEST_F(MakeSpecTest, WhatIsMissingOrNotSupported_IsNamed) {
  EXPECT_EQ(error_of(R"({"command":"x","environmentId":"azureml:none:1"})").code, "EnvironmentNotFound");
  EXPECT_EQ(error_of(R"({"command":"x","environmentId":"azureml://registries/azureml/environments/e/versions/2"})").code, "EnvironmentNotFound");
  EXPECT_EQ(error_of(R"({"command":"x","codeId":"/x/codes/none/versions/1"})").code, "SnapshotUnavailable");
  auto const input = error_of(R"({"command":"x","inputs":{"d":{"jobInputType":"uri_folder","uri":"azureml://x"}}})");
  EXPECT_EQ(input.code, "DataNotFound");
  EXPECT_NE(input.message.find("'d'"), std::string::npos);
  EXPECT_EQ(error_of(R"({"command":"x","distribution":{"distributionType":"Mpi","processCountPerInstance":2}})").code, "NotSupported");
  EXPECT_EQ(error_of(R"({"command":"x","resources":{"instanceCount":2}})").code, "NotSupported");
}

TEST(BlobFolder, NamesThatLeadOut_AreRefused) {
  for (auto const* uri : {"http://h/a/c/%2e%2e/x", "http://h/a/c/../x", "http://h/a/c/x%2fy", "http://h/a", "http://h", "ftp://h/a/c/x", "/etc"})
    EXPECT_THROW(blob_folder("/blobs", uri), RunFailure) << uri;
  EXPECT_EQ(blob_folder("/blobs", "https://h:1/a/c/x/y/?sig=1"), "/blobs/c/x/y");
}

TEST(BlobFolder, CodeOfASingleFile_IsTheContainer) {
  EXPECT_EQ(blob_folder("/blobs", "http://h/a/c"), "/blobs/c");
  EXPECT_EQ(blob_folder("/blobs", "http://h/a/c/"), "/blobs/c");
  EXPECT_EQ(blob_folder("/blobs", "https://a.blob.localhost:1/c/", "a"), "/blobs/c");
  EXPECT_EQ(blob_folder("/blobs", "https://a.blob.localhost:1/c/x", "a"), "/blobs/c/x");
  EXPECT_THROW(blob_folder("/blobs", "http://h/other/c/x", "a"), RunFailure);
}

TEST(ParseAsset, SpellingsOfAnAsset_GiveNameAndVersion) {
  EXPECT_EQ(parse_asset("azureml:a:b", "environments").version, "b");
  EXPECT_EQ(parse_asset("azureml:a@latest", "environments").name, "a");
  EXPECT_EQ(parse_asset("azureml:/s/environments/E/versions/1", "environments").name, "E");
  EXPECT_EQ(parse_asset("/s/Environments/e/labels/latest", "environments").name, "e");
  EXPECT_TRUE(parse_asset("e:1", "environments").name.empty());
  EXPECT_TRUE(parse_asset("azureml:a@other", "environments").name.empty());
}

}  // namespace
}  // namespace azureml::engine::runner
