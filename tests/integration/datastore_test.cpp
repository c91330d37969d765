// Datastores and data of jobs with the real engine, and a storage account opened by its key with Microsoft's own
// emulator.
#include "integration/engine_fixture.hpp"

#include "http/pipeline.hpp"
#include "support/azurite.hpp"
#include "support/mock_service.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cstdlib>

namespace azureml::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class EngineData : public EngineTest {
 protected:
  EngineData() {
    write("data/train.csv", "1,2\n");
    write("data/more/größe #1.csv", "3\n");
  }
  /// Runs a script and gives what it printed.
  std::string output_of(Estimator const& estimator) const {
    auto run = attach().experiment("data").submit(estimator);
    run.wait_for_completion();
    return log_of(run);
  }
};

constexpr char const* kListFolder = R"(
import os, sys
for root, folders, files in sorted(os.walk(sys.argv[2])):
    for name in sorted(files):
        path = os.path.join(root, name)
        print(os.path.relpath(path, sys.argv[2]), open(path).read().strip())
)";

TEST_F(EngineData, UploadedFolder_IsMountedForTheScript) {
  auto const ds = attach().get_default_datastore();
  ds.upload(path("data"));
  auto estimator = script(kListFolder);
  estimator.script_params = {{"--data-folder", ds.as_mount()}};
  EXPECT_EQ(output_of(estimator), "train.csv 1,2\nmore/größe #1.csv 3\n");
}

TEST_F(EngineData, PartOfAStore_IsDownloadedToAPathOfTheScripts) {
  auto const ds = attach().get_default_datastore();
  auto const sets = ds.upload(path("data"), {.target_path = "/sets/iris/"});
  EXPECT_EQ(sets.path_on_datastore, "sets/iris");
  auto estimator = script(
      "import os\nprint(sorted(os.listdir('in/iris')))\nprint(os.environ['AZUREML_DATAREFERENCE_iris'] != '')\n");
  auto reference = sets.as_download("in/iris");
  reference.name = "iris";
  estimator.inputs = {reference};
  EXPECT_EQ(output_of(estimator), "['more', 'train.csv']\nTrue\n");
}

TEST_F(EngineData, UploadedOutput_ComesBackByDownload) {
  auto const ds = attach().get_default_datastore();
  auto estimator = script("import os, sys\nopen(os.path.join(sys.argv[2], 'result.txt'), 'w').write('made')\n");
  estimator.script_params = {{"--out", ds.path("results/one").as_upload()}};
  output_of(estimator);
  auto const report = ds.download(path("down"), {.prefix = "results/one/"});
  EXPECT_EQ(report.files, 1U);
  EXPECT_EQ(text_of(path("down/results/one/result.txt")), "made");
}

TEST_F(EngineData, LocalInputs_ArriveAndAreSentOnce) {
  auto estimator = script(R"(
import os
folder, file = os.environ['AZUREML_DATAREFERENCE_folder'], os.environ['AZUREML_DATAREFERENCE_file']
print(sorted(os.listdir(folder)), open(file).read().strip(), os.path.basename(file))
)");
  estimator.inputs = {Input("folder", path("data").string()),
                      Input("file", path("data/train.csv").string(), DataMode::download)};
  EXPECT_EQ(output_of(estimator), "['more', 'train.csv'] 1,2 train.csv\n");
  EXPECT_EQ(output_of(estimator), "['more', 'train.csv'] 1,2 train.csv\n");
  // Two files of the folder and the single one, each once.
  EXPECT_EQ(attach().get_default_datastore().download(path("down"), {.prefix = "LocalUpload/"}).files, 3U);
}

TEST_F(EngineData, NamedOutput_IsAnAssetForTheNextRun) {
  auto first = script(
      "import os\nopen(os.path.join(os.environ['AZUREML_DATAREFERENCE_model'], 'm.txt'), 'w').write('weights')\n");
  first.outputs = {{"model", {.asset_name = "iris_model"}}};
  output_of(first);
  auto second =
      script("import os\nprint(open(os.path.join(os.environ['AZUREML_DATAREFERENCE_model'], 'm.txt')).read())\n");
  second.inputs = {Input("model", "azureml:iris_model@latest")};
  EXPECT_EQ(output_of(second), "weights\n");
  second.inputs = {Input("model", "azureml:iris_model:1")};
  EXPECT_EQ(output_of(second), "weights\n");
}

TEST_F(EngineData, Stores_AreRegisteredChosenAndForgotten) {
  auto const workspace = attach();
  auto const extra = workspace.register_azure_blob_container({.datastore_name = "extra",
                                                              .container_name = "box",
                                                              .account_name = "acct",
                                                              .account_key = Secret::literal("Y2FuYXJ5LWNhbmFyeQ=="),
                                                              .skip_validation = true});
  EXPECT_EQ(extra.endpoint(), "core.windows.net");
  extra.set_as_default();
  EXPECT_EQ(workspace.get_default_datastore().name(), "extra");
  extra.unregister();
  EXPECT_EQ(workspace.get_default_datastore().name(), "workspaceblobstore");
  EXPECT_THROW(workspace.get_datastore("extra"), NotFoundError);
  std::vector<std::string> names;
  for (auto const& one : workspace.get_datastores()) names.push_back(one.name());
  EXPECT_THAT(names, testing::IsSupersetOf({"workspaceblobstore", "workspaceartifactstore"}));
}

TEST(AccountKey, OpensAStorageAccount) {
  if (Azurite::program().empty()) {
    if (std::getenv("CI")) FAIL() << "the storage emulator is not installed";
    GTEST_SKIP() << "the storage emulator is not installed";
  }
  Azurite const storage;
  http::PipelineOptions options;
  options.transport = http::make_cpprest_transport(std::chrono::seconds(30));
  storage.make_container(http::Pipeline(options), "box");
  // The service of the workspace is mocked; it gives the account's key, which is the emulator's.
  MockService service;
  std::string const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
  auto const workspace = Workspace::get({.subscription_id = MockService::kSubscription,
                                         .resource_group = MockService::kResourceGroup,
                                         .workspace_name = MockService::kWorkspace},
                                        {.credential = Credential::from_token(Secret::literal(MockService::kToken)),
                                         .resource_manager_url = service.endpoint()});
  auto const store =
      workspace.register_azure_blob_container({.datastore_name = "emulated",
                                               .container_name = "box",
                                               .account_name = "devstoreaccount1",
                                               .account_key = Secret::literal(key),
                                               .protocol = "http",
                                               .endpoint = "127.0.0.1:" + std::to_string(storage.port())});
  nlohmann::json const secret{{"secretsType", "AccountKey"}, {"key", key}};
  for (int i = 0; i < 2; ++i)
    service.server().once("POST", MockService::workspace_path() + "/datastores/emulated/listSecrets",
                          json_reply(secret.dump()));
  TemporaryDirectory const folder;
  folder.write("data/a.txt", "a");
  folder.write("data/sub/größe #1.txt", "b");
  store.upload(folder.path() / "data", {.target_path = "t"});
  EXPECT_EQ(store.download(folder.path() / "down").files, 2U);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "down/t/sub/größe #1.txt"));
}

}  // namespace
}  // namespace azureml::test
