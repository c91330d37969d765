// Files added to a run's, its snapshot and its named outputs, from the public API to the sockets.
#include "contract/run_fixture.hpp"
#include "rest/rest.hpp"
#include "support/mock_blobs.hpp"

#include <atomic>

namespace azureml::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

using RunUpload = RunTest;
using RunSnapshot = RunTest;
using RunOutput = RunTest;

TEST_F(RunUpload, File_IsAmongTheRunsFiles) {
  auto const report = run.upload_file("outputs/report v1.txt", directory.write("local.txt", "the report"));
  EXPECT_EQ(report.files, 1U);
  EXPECT_EQ(report.bytes, 10U);
  EXPECT_EQ(service.file("run_1", "outputs/report v1.txt"), "the report");
  EXPECT_THAT(run.get_file_names().to_vector(), ElementsAre("outputs/report v1.txt"));
  run.download_file("outputs/report v1.txt", path("back.txt"));
  EXPECT_EQ(text_of(path("back.txt")), "the report");
}

TEST_F(RunUpload, Folder_IsMadeFiftyAtATime) {
  for (int i = 0; i < 120; ++i) directory.write("local/sub/" + std::to_string(i), std::to_string(i));
  directory.write("local/.hidden", "");
  auto const report = run.upload_folder("outputs/all", path("local"));
  EXPECT_EQ(report.files, 121U);
  EXPECT_EQ(asked("POST", "/batch/metadata"), 3U);
  EXPECT_EQ(asked("GET", "/artifacts/write"), 0U);
  EXPECT_EQ(service.file("run_1", "outputs/all/sub/77"), "77");
  EXPECT_EQ(service.file("run_1", "outputs/all/.hidden"), "");
  EXPECT_THAT(service.files("run_1"), SizeIs(121));
}

TEST_F(RunUpload, FolderAgain_SendsNothingAndOtherContentIsAnError) {
  directory.write("local/a", "one");
  directory.write("local/b", "two");
  run.upload_folder("outputs/", path("local"));
  auto const again = run.upload_folder("outputs", path("local"));
  EXPECT_EQ(again.files, 0U);
  EXPECT_EQ(again.skipped, 2U);
  directory.write("local/b", "new");
  EXPECT_THROW(run.upload_folder("outputs", path("local")), ServiceError);
  EXPECT_EQ(service.file("run_1", "outputs/b"), "two");
}

TEST_F(RunUpload, FileThatWasMadeAndNeverSent_IsSentNow) {
  rest::create_artifacts(detail::Access::state(workspace).connection, service.endpoint(), "run_1", {"outputs/a"}, {});
  EXPECT_EQ(run.upload_file("outputs/a", directory.write("a", "bytes")).files, 1U);
  EXPECT_EQ(service.file("run_1", "outputs/a"), "bytes");
  EXPECT_EQ(asked("GET", "/artifacts/write/"), 1U);
}

TEST_F(RunUpload, AddressThatEndsMeanwhile_IsRenewed) {
  directory.write("local/a", "one");
  directory.write("local/b", "two");
  MockBlobs blobs;
  service.server().on("PUT", artifact_blob("outputs/a"),
                      [&, first = std::make_shared<std::atomic<bool>>(true)](MockRequest const& request) {
                        if (!first->exchange(false)) return blobs.serve(request, "a");
                        service.expire_addresses();
                        return blob_error(403, "AuthenticationFailed",
                                          "Signature not valid in the specified time frame.");
                      });
  EXPECT_EQ(run.upload_folder("outputs", path("local")).files, 2U);
  EXPECT_EQ(blobs.content("a"), "one");
  EXPECT_EQ(service.file("run_1", "outputs/b"), "two");
  EXPECT_GE(asked("GET", "/artifacts/write/"), 1U);
  EXPECT_LE(asked("GET", "/artifacts/write/"), 2U);
}

TEST_F(RunUpload, ServiceThatRefusesAName_IsQuoted) {
  service.server().on(
      "POST", "/artifact/*",
      json_reply(
          R"({"artifacts":{},"artifactContentInformation":{},"errors":{"outputs/a":{"error":{"code":"UserError","message":"no such luck"}}}})"));
  auto const error = thrown<ServiceError>([&] { run.upload_file("outputs/a", directory.write("a", "x")); });
  EXPECT_THAT(error.what(), HasSubstr("cannot upload file 'outputs/a' to run 'run_1': no such luck"));
}

TEST_F(RunUpload, Faults_AreToldTogetherBeforeAnyRequest) {
  directory.write("local/a", "one");
  auto const before = service.server().requests().size();
  auto const faults = [&](std::vector<FileToUpload> const& files) {
    return thrown<ValidationError>([&] { run.upload_files(files); }).faults();
  };
  for (auto const* name : {"", "/a", "../a", "a/../b", "a\\b", "a//b", "a/"})
    EXPECT_THAT(faults({{name, path("local/a")}}), SizeIs(1)) << name;
  EXPECT_THAT(faults({{"a", path("none")}, {"b", path("local")}, {"../c", path("local/a")}}), SizeIs(3));
  EXPECT_THAT(faults({{"a", path("local/a")}, {"a", path("local/a")}}).front().problem, HasSubstr("twice"));
  EXPECT_THROW(run.upload_folder("../up", path("local")), ValidationError);
  EXPECT_THROW(run.upload_folder("outputs", path("local/a")), ValidationError);
  EXPECT_EQ(service.server().requests().size(), before);
  directory.write("local/a", "one");
  EXPECT_EQ(run.upload_files({}).files, 0U);
}

// ---- snapshot

std::string const kCode = MockService::workspace_path() + "/codes/known/versions/1";
std::string const kWithCode = R"({"codeId":")" + kCode + R"("})";

TEST_F(RunSnapshot, Files_ComeBackAsTheyWere) {
  service.add_code("known", "1", "hash");
  service.put_blob("known/folder/train.py", "print(1)\n");
  service.put_blob("known/folder/data/ü & x.txt", "1,2\n");
  service.put_blob("known/folder/empty", "");
  service.put_blob("known/folder2/other", "not mine");
  auto const submitted = make_run("run_2", kWithCode);
  EXPECT_EQ(submitted.get_snapshot_id(), "known");
  auto const report = submitted.restore_snapshot(path("back"));
  EXPECT_EQ(report.files, 3U);
  EXPECT_THAT(tree("back"),
              ElementsAre(Pair("data/ü & x.txt", "1,2\n"), Pair("empty", ""), Pair("train.py", "print(1)\n")));
  EXPECT_EQ(submitted.restore_snapshot(path("back")).files, 0U) << "all of it is there";
}

TEST_F(RunSnapshot, OtherContent_IsNotOverwrittenUnlessTold) {
  service.add_code("known", "1", "hash");
  service.put_blob("known/folder/a.py", "a\n");
  service.put_blob("known/folder/train.py", "print(1)\n");
  auto const submitted = make_run("run_2", kWithCode);
  directory.write("back/train.py", "print(2)\n");
  auto const error = thrown<ValidationError>([&] { submitted.restore_snapshot(path("back")); });
  ASSERT_THAT(error.faults(), SizeIs(1));
  EXPECT_EQ(error.faults()[0].field, "'train.py'");
  EXPECT_THAT(tree("back"), ElementsAre(Pair("train.py", "print(2)\n")));
  submitted.restore_snapshot(path("back"), {.overwrite = true});
  EXPECT_THAT(tree("back"), ElementsAre(Pair("a.py", "a\n"), Pair("train.py", "print(1)\n")));
}

TEST_F(RunSnapshot, RunWithoutCode_HasNone) {
  EXPECT_EQ(run.get_snapshot_id(), "");
  EXPECT_THAT(thrown<NotFoundError>([&] { run.restore_snapshot(path("back")); }).what(),
              HasSubstr("without a source directory"));
  EXPECT_EQ(make_run("run_2", R"({"properties":{"ContentSnapshotId":"a-guid"}})").get_snapshot_id(), "a-guid");
}

TEST_F(RunSnapshot, StorageOfAnotherAccount_GetsNoSignature) {
  auto const submitted = make_run("run_2", kWithCode);
  for (std::string const uri :
       {"https://other.blob.core.windows.net:443/box/folder", "https://acctx.blob.core.windows.net/box/folder",
        "https://evil.example/box/folder", "nonsense"}) {
    service.server().once(
        "GET", MockService::workspace_path() + "/codes/*",
        json_reply(R"({"id":")" + kCode + R"(","name":"1","properties":{"codeUri":")" + uri + R"("}})"));
    EXPECT_THAT(thrown<ServiceError>([&] { submitted.restore_snapshot(path("back")); }).what(), HasSubstr("'acct'"))
        << uri;
  }
  EXPECT_EQ(asked("POST", "listSecrets"), 0U);
  // A host that only pretends to be the account's is never asked: the signature goes where the datastore says.
  service.put_blob("box/folder/train.py", "mine");
  service.server().once("GET", MockService::workspace_path() + "/codes/*",
                        json_reply(R"({"id":")" + kCode +
                                   R"(","name":"1","properties":{"codeUri":"https://acct.evil.example/box/folder"}})"));
  submitted.restore_snapshot(path("back"));
  EXPECT_THAT(tree("back"), ElementsAre(Pair("train.py", "mine")));
}

TEST_F(RunSnapshot, NamesThatLeaveTheDirectory_AreRefusedBeforeAnyByteIsFetched) {
  service.add_code("known", "1", "hash");
  service.put_blob("known/folder/../../evil", "x");
  service.put_blob("known/folder/good", "x");
  EXPECT_THROW(make_run("run_2", kWithCode).restore_snapshot(path("back")), ValidationError);
  EXPECT_FALSE(std::filesystem::exists(path("back")));
}

// ---- outputs

std::string outputs(std::string const& name, std::string const& uri, std::string const& type = "uri_folder") {
  return R"({"outputs":{")" + name + R"(":{"jobOutputType":")" + type + R"(","uri":)" +
         (uri.empty() ? "null" : '"' + uri + '"') + "}}}";
}

TEST_F(RunOutput, AddressOnADatastore_IsListedAndDownloaded) {
  service.put_blob("azureml-blobstore/models/x/m.bin", "weights");
  service.put_blob("azureml-blobstore/models/x/deep/n.bin", "more");
  service.put_blob("azureml-blobstore/models/xy", "other");
  auto const short_form = make_run("run_2", outputs("model", "azureml://datastores/workspaceblobstore/paths/models/x"));
  EXPECT_EQ(short_form.download_output("model", path("down")).files, 2U);
  EXPECT_THAT(tree("down"), ElementsAre(Pair("deep/n.bin", "more"), Pair("m.bin", "weights")));
  auto const long_form = make_run(
      "run_3", outputs("model", std::string("azureml://subscriptions/") + MockService::kSubscription +
                                    "/resourcegroups/" + MockService::kResourceGroup + "/workspaces/" +
                                    MockService::kWorkspace + "/datastores/workspaceblobstore/paths/models/x/"));
  EXPECT_EQ(long_form.download_output("model", path("long")).files, 2U);
  EXPECT_EQ(long_form.download_output("model", path("long")).files, 0U) << "all of it is there";
}

TEST_F(RunOutput, OneFile_ComesUnderItsName) {
  service.put_blob("azureml-blobstore/models/report.txt", "words");
  service.put_blob("azureml-blobstore/models/report.txt.bak", "other");
  make_run("run_2", outputs("report", "azureml://datastores/workspaceblobstore/paths/models/report.txt", "uri_file"))
      .download_output("report", path("down"));
  EXPECT_THAT(tree("down"), ElementsAre(Pair("report.txt", "words")));
}

TEST_F(RunOutput, WithoutAnAddress_IsFoundByItsAssetOrWhereTheServicePutsIt) {
  service.put_blob("azureml-blobstore/registered/m", "asset");
  service.put_blob("azureml-blobstore/azureml/run_3/model/m", "usual");
  service.add_asset("run_2/model", "azureml://locations/eastus2/workspaces/w/data/d/versions/1");
  service.add_asset("azureml://locations/eastus2/workspaces/w/data/d/versions/1",
                    "azureml://datastores/workspaceblobstore/paths/registered/");
  make_run("run_2", outputs("model", "")).download_output("model", path("a"));
  EXPECT_THAT(tree("a"), ElementsAre(Pair("m", "asset")));
  make_run("run_3", outputs("model", "")).download_output("model", path("b"));
  EXPECT_THAT(tree("b"), ElementsAre(Pair("m", "usual")));
}

TEST_F(RunOutput, Default_IsTheRunsFiles) {
  service.add_file("run_1", "outputs/a", "x");
  EXPECT_EQ(run.download_output("default", path("down")).files, 1U);
  EXPECT_THAT(tree("down"), ElementsAre(Pair("outputs/a", "x")));
}

TEST_F(RunOutput, UnknownName_IsNotFoundAndSaysWhatThereIs) {
  auto const error =
      thrown<NotFoundError>([&] { make_run("run_2", outputs("model", "x")).download_output("modle", path("down")); });
  EXPECT_THAT(error.what(), HasSubstr("run 'run_2' has no output 'modle'; it has default, model"));
  EXPECT_THAT(error.available(), ElementsAre("default", "model"));
}

TEST_F(RunOutput, AddressElsewhere_IsRefused) {
  for (auto const* uri :
       {"https://acct.blob.core.windows.net/box/x", "wasbs://box@acct.blob.core.windows.net/x",
        "azureml://subscriptions/x/resourcegroups/y/workspaces/z/datastores/workspaceblobstore/paths/x"}) {
    auto const elsewhere = make_run("run_" + std::to_string(service.jobs().size() + 1), outputs("model", uri));
    EXPECT_THAT(thrown<ServiceError>([&] { elsewhere.download_output("model", path("down")); }).what(), HasSubstr(uri));
  }
  EXPECT_THROW(
      make_run("run_9", outputs("model", "azureml://datastores/none/paths/x")).download_output("model", path("down")),
      NotFoundError);
}

TEST_F(RunOutput, Empty_IsNoError) {
  auto const empty = make_run("run_2", outputs("model", "azureml://datastores/workspaceblobstore/paths/nothing/"));
  EXPECT_EQ(empty.download_output("model", path("down")).files, 0U);
}

}  // namespace
}  // namespace azureml::test
