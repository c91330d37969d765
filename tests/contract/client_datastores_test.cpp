// Datastores through the public interface, against the mocked service over real sockets.
#include "support/mock_service.hpp"
#include "support/temporary_directory.hpp"

#include <azureml/azureml.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>

namespace azureml {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::MockReply;
using test::MockService;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr char const* kBox = "azureml-blobstore/";

std::string text_of(fs::path const& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct ClientDatastores : testing::Test {
  MockService service;
  test::TemporaryDirectory folder;
  std::mutex log_mutex;
  std::string log;
  fs::path const before = fs::current_path();
  Workspace workspace = Workspace::get({.subscription_id = MockService::kSubscription,
                                        .resource_group = MockService::kResourceGroup,
                                        .workspace_name = MockService::kWorkspace},
                                       {.credential = Credential::from_token(Secret::literal(MockService::kToken)),
                                        .on_log_record =
                                            [this](LogRecord const& record) {
                                              std::lock_guard const lock(log_mutex);
                                              log += std::string(record.message) + "\n";
                                            },
                                        .log_level = LogLevel::trace,
                                        .resource_manager_url = service.endpoint()});

  void TearDown() override {
    fs::current_path(before);
    EXPECT_THAT(service.violations(), IsEmpty());
    EXPECT_THAT(service.server().unexpected(), IsEmpty());
    std::lock_guard const lock(log_mutex);
    EXPECT_THAT(log, Not(HasSubstr(MockService::kSignature)));
    EXPECT_THAT(log, Not(HasSubstr("canary")));
  }

  /// Blobs of the default datastore, by their names there.
  std::map<std::string, std::string> stored() const {
    std::map<std::string, std::string> result;
    for (auto const& [name, content] : service.uploads()) {
      if (name.starts_with(kBox)) result.emplace(name.substr(std::string(kBox).size()), content);
    }
    return result;
  }
  std::size_t requests_to_the_manager() { return service.server().requests("*", "/subscriptions/*").size(); }
  BlobContainerOptions a_container() const {
    return {.datastore_name = "mine",
            .container_name = "box",
            .account_name = "acct",
            .account_key = Secret::literal("Y2FuYXJ5LWNhbmFyeQ=="),
            .protocol = "http",
            .endpoint = service.endpoint().substr(7)};
  }
};

template <class E, class Call>
std::string message_of(Call const& call) {
  try {
    call();
  } catch (E const& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST_F(ClientDatastores, List_GoesOverPagesAndKeepsAllTypes) {
  std::vector<std::string> seen;
  for (auto const& one : workspace.get_datastores()) seen.push_back(one.name() + " " + one.type());
  EXPECT_THAT(seen, ElementsAre("workspaceartifactstore AzureBlob", "workspaceblobstore AzureBlob",
                                "workspacefilestore AzureFile"));
}

TEST_F(ClientDatastores, Datastore_SaysWhatItIs) {
  auto const store = workspace.get_datastore("workspaceblobstore");
  EXPECT_EQ(store.account_name(), "acct");
  EXPECT_EQ(store.container_name(), "azureml-blobstore");
  EXPECT_EQ(store.protocol(), "http");
  EXPECT_EQ("http://" + store.endpoint(), service.endpoint());
  EXPECT_EQ(store.credential_type(), "AccountKey");
  EXPECT_TRUE(store.is_default());
  std::ostringstream text;
  text << store;
  EXPECT_EQ(json::parse(text.str()), (json{{"name", "workspaceblobstore"},
                                           {"container_name", "azureml-blobstore"},
                                           {"account_name", "acct"},
                                           {"protocol", "http"},
                                           {"endpoint", store.endpoint()}}));
  auto const all = json::parse(to_json(store));
  EXPECT_EQ(all["type"], "AzureBlob");
  EXPECT_EQ(all["credential_type"], "AccountKey");
  EXPECT_EQ(all["is_default"], true);
  EXPECT_EQ(workspace.get_datastore("workspacefilestore").container_name(), "azureml-filestore");
}

TEST_F(ClientDatastores, Default_CanBeChosen) {
  EXPECT_EQ(workspace.get_default_datastore().name(), "workspaceblobstore");
  workspace.set_default_datastore("workspaceartifactstore");
  EXPECT_EQ(workspace.get_default_datastore().name(), "workspaceartifactstore");
  workspace.get_datastore("workspaceblobstore").set_as_default();
  EXPECT_EQ(workspace.get_default_datastore().name(), "workspaceblobstore");
  EXPECT_THROW(workspace.set_default_datastore("none"), NotFoundError);
}

TEST_F(ClientDatastores, RegisteredContainer_WorksAndCanBeForgotten) {
  auto const mine = workspace.register_azure_blob_container(a_container());
  EXPECT_EQ(mine.name(), "mine");
  EXPECT_EQ(mine.credential_type(), "AccountKey");
  EXPECT_EQ(json::parse(*service.datastore_secret("mine")),
            (json{{"secretsType", "AccountKey"}, {"key", "Y2FuYXJ5LWNhbmFyeQ=="}}));
  folder.write("data/a.csv", "1");
  mine.upload(folder.path() / "data");
  EXPECT_EQ(service.uploads().at("box/a.csv"), "1");
  mine.unregister();
  EXPECT_THROW(workspace.get_datastore("mine"), NotFoundError);
  mine.unregister();
}

TEST_F(ClientDatastores, RegisteringTwice_NeedsOverwrite) {
  workspace.register_azure_blob_container(a_container());
  auto again = a_container();
  again.container_name = "other";
  try {
    workspace.register_azure_blob_container(again);
    FAIL() << "no error";
  } catch (ServiceError const& error) {
    EXPECT_EQ(error.status(), 409);
    EXPECT_THAT(error.what(), HasSubstr("set overwrite"));
  }
  EXPECT_EQ(workspace.get_datastore("mine").container_name(), "box");
  again.overwrite = true;
  EXPECT_EQ(workspace.register_azure_blob_container(again).container_name(), "other");
}

TEST_F(ClientDatastores, SecretsOfEachKind_AreSentAsSuch) {
  auto options = a_container();
  options.account_key = {};
  options.sas_token = Secret::from_file(folder.write("sas", "?sv=2021-12-02&sp=rl&sig=canary%3D\n"));
  EXPECT_EQ(workspace.register_azure_blob_container(options).credential_type(), "Sas");
  EXPECT_EQ(json::parse(*service.datastore_secret("mine"))["sasToken"], "sv=2021-12-02&sp=rl&sig=canary%3D");
  options.sas_token = {};
  options.datastore_name = "open";
  options.skip_validation = true;
  EXPECT_EQ(workspace.register_azure_blob_container(options).credential_type(), "None");
  EXPECT_EQ(service.server().requests().back().parameter("skipValidation"), "true");
}

TEST_F(ClientDatastores, RefusedRegistration_DoesNotShowTheSecret) {
  auto options = a_container();
  options.overwrite = true;
  service.server().once(
      "PUT", MockService::workspace_path() + "/datastores/mine",
      test::json_reply(R"({"error":{"code":"UserError","message":"Cannot open acct with Y2FuYXJ5LWNhbmFyeQ=="}})",
                       400));
  auto const message = message_of<ServiceError>([&] { workspace.register_azure_blob_container(options); });
  EXPECT_THAT(message, HasSubstr("cannot register the datastore 'mine': 400 UserError"));
  EXPECT_THAT(message, Not(HasSubstr("Y2FuYXJ5")));
}

TEST_F(ClientDatastores, RegistrationWithFaults_SendsNothing) {
  BlobContainerOptions options{.datastore_name = "My-Store",
                               .sas_token = Secret::literal("canary"),
                               .account_key = Secret::literal("canary"),
                               .protocol = "ftp",
                               .endpoint = "https://host/",
                               .grant_workspace_access = true};
  try {
    workspace.register_azure_blob_container(options);
    FAIL() << "no error";
  } catch (ValidationError const& error) {
    std::vector<std::string> fields;
    for (auto const& fault : error.faults()) fields.push_back(fault.field);
    EXPECT_THAT(fields, UnorderedElementsAre("datastore_name", "container_name", "account_name", "protocol", "endpoint",
                                             "grant_workspace_access", "account_key"));
    EXPECT_THAT(error.what(), Not(HasSubstr("canary")));
  }
  for (auto const* bad : {"canary!", "=canary="}) {
    auto with_key = a_container();
    with_key.account_key = Secret::literal(bad);
    EXPECT_THAT(message_of<ValidationError>([&] { workspace.register_azure_blob_container(with_key); }),
                testing::AllOf(HasSubstr("account_key: is not base64"), Not(HasSubstr("canary"))));
  }
  auto with_token = a_container();
  with_token.account_key = {};
  with_token.sas_token = Secret::literal("https://acct.blob.core.windows.net/box?sig=canary");
  EXPECT_THAT(message_of<ValidationError>([&] { workspace.register_azure_blob_container(with_token); }),
              testing::AllOf(HasSubstr("sas_token: is no signature"), Not(HasSubstr("canary"))));
  EXPECT_THAT(service.server().requests(), IsEmpty());
}

TEST_F(ClientDatastores, FileShare_IsRegisteredAndMovesNoFiles) {
  auto const share = workspace.register_azure_file_share({.datastore_name = "files",
                                                          .file_share_name = "share",
                                                          .account_name = "acct",
                                                          .account_key = Secret::literal("Y2FuYXJ5")});
  EXPECT_EQ(share.type(), "AzureFile");
  EXPECT_EQ(share.container_name(), "share");
  EXPECT_EQ(share.endpoint(), "core.windows.net");
  auto const asked = service.server().requests().size();
  EXPECT_THAT(message_of<ValidationError>([&] { share.upload(folder.path()); }), HasSubstr("AzureFile"));
  EXPECT_THAT(message_of<ValidationError>([&] { share.upload_files({folder.path() / "x"}); }), HasSubstr("AzureFile"));
  EXPECT_THAT(message_of<ValidationError>([&] { share.download(folder.path()); }), HasSubstr("AzureFile"));
  EXPECT_EQ(service.server().requests().size(), asked);
  EXPECT_THROW(workspace.register_azure_file_share(
                   {.datastore_name = "files", .file_share_name = "share", .account_name = "acct"}),
               ValidationError);
}

TEST_F(ClientDatastores, StoreWithoutSecrets_SaysWhatIsMissing) {
  auto options = a_container();
  options.account_key = {};
  auto const open = workspace.register_azure_blob_container(options);
  EXPECT_THAT(message_of<ValidationError>([&] { open.upload(folder.path()); }),
              HasSubstr("register it with account_key or sas_token"));
}

TEST_F(ClientDatastores, Upload_PutsTheFolderUnderTheTarget) {
  folder.write("data/train.csv", "x,y\n");
  folder.write("data/more/größe #1.csv", "1");
  folder.write("data/empty.txt", "");
  auto const store = workspace.get_default_datastore();
  TransferReport report;
  TransferProgress last;
  auto const reference =
      store.upload(folder.path() / "data", {.target_path = "./sets//iris/",
                                            .on_progress = [&](TransferProgress const& now) { last = now; },
                                            .on_report = [&](TransferReport const& done) { report = done; }});
  EXPECT_EQ(reference, (DataReference{.datastore = "workspaceblobstore", .path_on_datastore = "sets/iris"}));
  EXPECT_THAT(stored(),
              UnorderedElementsAre(Pair("sets/iris/train.csv", "x,y\n"), Pair("sets/iris/more/größe #1.csv", "1"),
                                   Pair("sets/iris/empty.txt", "")));
  EXPECT_EQ(report.files, 3U);
  EXPECT_EQ(report.bytes, 5U);
  EXPECT_EQ(report.skipped, 0U);
  EXPECT_EQ(last.files_done, 3U);
  EXPECT_EQ(last.files_total, 3U);
  EXPECT_EQ(requests_to_the_manager(), 2U);  // the datastore, its address
}

TEST_F(ClientDatastores, WhatIsThere_StaysUnlessOverwritten) {
  folder.write("data/a.txt", "new");
  folder.write("data/b.txt", "b");
  service.put_blob(kBox + std::string("a.txt"), "old content");
  auto const store = workspace.get_default_datastore();
  TransferReport report;
  auto const keep = [&](TransferReport const& done) { report = done; };
  store.upload(folder.path() / "data", {.on_report = keep});
  EXPECT_THAT(stored(), UnorderedElementsAre(Pair("a.txt", "old content"), Pair("b.txt", "b")));
  EXPECT_EQ(report.files, 1U);
  EXPECT_EQ(report.skipped, 1U);
  store.upload(folder.path() / "data", {.overwrite = true, .on_report = keep});
  EXPECT_EQ(stored().at("a.txt"), "new");
}

TEST_F(ClientDatastores, UploadFiles_KeepsPathsBelowTheRoot) {
  auto const a = folder.write("data/x/a.txt", "a");
  auto const b = folder.write("data/y/b.txt", "b");
  auto const store = workspace.get_default_datastore();
  EXPECT_EQ(store.upload_files({a, b}, {.target_path = "t"}).path_on_datastore, "t");
  EXPECT_EQ(store.upload_files({a}, {.relative_root = folder.path()}).path_on_datastore, "");
  EXPECT_THAT(stored(),
              UnorderedElementsAre(Pair("t/x/a.txt", "a"), Pair("t/y/b.txt", "b"), Pair("data/x/a.txt", "a")));
  EXPECT_THROW(store.upload(folder.path() / "data", {.relative_root = folder.path()}), ValidationError);
}

TEST_F(ClientDatastores, FailedUpload_IsThrown) {
  folder.write("data/a.txt", "a");
  auto const store = workspace.get_default_datastore();
  service.server().once("PUT", "/acct/*",
                        MockReply{.status = 403, .headers = {{"x-ms-error-code", "AuthorizationPermissionMismatch"}}});
  service.server().once("PUT", "/acct/*",
                        MockReply{.status = 403, .headers = {{"x-ms-error-code", "AuthorizationPermissionMismatch"}}});
  auto const message = message_of<ServiceError>([&] { store.upload(folder.path() / "data"); });
  EXPECT_THAT(message, HasSubstr("upload to the datastore 'workspaceblobstore'"));
  EXPECT_THAT(message, HasSubstr("AuthorizationPermissionMismatch"));
  EXPECT_THAT(message, Not(HasSubstr(MockService::kSignature)));
}

TEST_F(ClientDatastores, SignatureThatEnds_IsRenewed) {
  folder.write("data/a.txt", "a");
  auto const store = workspace.get_default_datastore();
  auto const secrets = MockService::workspace_path() + "/datastores/workspaceblobstore/listSecrets";
  auto const ended = "?sv=2021-12-02&gen=0&sp=rwlc&sig=" + std::string(MockService::kSignature);
  service.server().once("POST", secrets, test::json_reply(json{{"secretsType", "Sas"}, {"sasToken", ended}}.dump()));
  store.upload(folder.path() / "data");
  EXPECT_EQ(stored().at("a.txt"), "a");
  EXPECT_EQ(service.server().requests("POST", secrets).size(), 2U);
}

TEST_F(ClientDatastores, FaultsOfAnUpload_AreToldBeforeAnyRequest) {
  folder.write("file", "");
  auto const store = workspace.get_default_datastore();
  auto const asked = service.server().requests().size();
  EXPECT_THROW(store.upload(folder.path() / "none"), ValidationError);
  EXPECT_THROW(store.upload(folder.path() / "file"), ValidationError);
  EXPECT_THROW(store.upload(folder.path(), {.target_path = "a/../../b"}), ValidationError);
  EXPECT_THROW(store.upload_files({folder.path() / "file"}, {.relative_root = "/nowhere"}), ValidationError);
  EXPECT_EQ(service.server().requests().size(), asked);
}

TEST_F(ClientDatastores, Download_TakesAllThatBeginWithThePrefix) {
  for (auto const* name : {"data/a.txt", "data/b/c.txt", "database/d.txt", "other/e.txt"})
    service.put_blob(kBox + std::string(name), name);
  auto const store = workspace.get_default_datastore();
  auto const target = folder.path() / "down";
  auto const report = store.download(target, {.prefix = "data"});
  EXPECT_EQ(report.files, 3U);
  EXPECT_EQ(text_of(target / "data/b/c.txt"), "data/b/c.txt");
  EXPECT_EQ(text_of(target / "database/d.txt"), "database/d.txt");
  EXPECT_FALSE(fs::exists(target / "other"));
  EXPECT_EQ(store.download(target, {.prefix = "data/"}).skipped, 2U);
  EXPECT_EQ(store.download(target, {.prefix = "nothing"}).files, 0U);
}

TEST_F(ClientDatastores, FilesThatAreThere_StayUnlessOverwritten) {
  service.put_blob(kBox + std::string("a.txt"), "remote");
  folder.write("down/a.txt", "local");
  auto const store = workspace.get_default_datastore();
  auto const target = folder.path() / "down";
  EXPECT_EQ(store.download(target).skipped, 1U);
  EXPECT_EQ(text_of(target / "a.txt"), "local");
  EXPECT_EQ(store.download(target, {.overwrite = true}).files, 1U);
  EXPECT_EQ(text_of(target / "a.txt"), "remote");
}

TEST_F(ClientDatastores, NamesThatLeaveTheFolder_AreRefusedBeforeTheFirstByte) {
  service.put_blob(kBox + std::string("a.txt"), "1");
  service.put_blob(kBox + std::string("x/../../up.txt"), "1");
  auto const store = workspace.get_default_datastore();
  auto const message = message_of<ValidationError>([&] { store.download(folder.path() / "down"); });
  EXPECT_THAT(message, HasSubstr("up.txt"));
  EXPECT_FALSE(fs::exists(folder.path() / "down/a.txt"));
}

TEST_F(ClientDatastores, CopiesAndReferences_OutliveWhatMadeThem) {
  auto const make = [&] {
    auto const local = Workspace::get({.subscription_id = MockService::kSubscription,
                                       .resource_group = MockService::kResourceGroup,
                                       .workspace_name = MockService::kWorkspace},
                                      {.credential = Credential::from_token(Secret::literal(MockService::kToken)),
                                       .resource_manager_url = service.endpoint()});
    return local.get_default_datastore();
  };
  auto const store = make();
  folder.write("data/a.txt", "a");
  store.upload(folder.path() / "data");
  ScriptParams const params{
      {"--data", store}, {"--mount", store.as_mount()}, {"--part", store.path("a").as_download()}};
  EXPECT_EQ(std::get<DataReference>(params.items()[0].value.get()).datastore, "workspaceblobstore");
  EXPECT_EQ(std::get<DataReference>(params.items()[2].value.get()).path_on_datastore, "a");
}

struct LocalInputs : ClientDatastores {
  Estimator estimator() {
    folder.write("source/train.py", "print(1)\n");
    return {.source_directory = folder.path() / "source", .compute_target = "cpu-cluster", .entry_script = "train.py"};
  }
  json submitted(Estimator const& what, std::string const& id) {
    Experiment(workspace, "exp").submit(what, {.run_id = id});
    return json::parse(*service.job_body(id))["properties"];
  }
};

// The vectors of the service's own client for a folder with `d.csv` of the content `1,2\n`, and for its file alone.
constexpr char const* kFolderHash = "f4ac82ec99342c34d1a4f8c5b6629f3942a05891e99f49e40024734a8915ab4b";

TEST_F(LocalInputs, Folder_GoesToThePlaceOfItsContent) {
  auto train = estimator();
  folder.write("data/d.csv", "1,2\n");
  fs::current_path(folder.path());
  train.inputs = {Input("d", "./data"), Input("again", "data/", DataMode::download)};
  auto const job = submitted(train, "job_1");
  auto const place = "LocalUpload/" + std::string(kFolderHash) + "/data/";
  auto const address = "azureml://datastores/workspaceblobstore/paths/" + place;
  EXPECT_EQ(job["inputs"]["d"], (json{{"jobInputType", "uri_folder"}, {"mode", "ReadOnlyMount"}, {"uri", address}}));
  EXPECT_EQ(job["inputs"]["again"], (json{{"jobInputType", "uri_folder"}, {"mode", "Download"}, {"uri", address}}));
  EXPECT_THAT(stored(), ElementsAre(Pair(place + "d.csv", "1,2\n")));
  auto const marks = service.blob_metadata(kBox + place + "d.csv");
  EXPECT_EQ(marks.at("x-ms-meta-upload_status"), "completed");
  EXPECT_TRUE(marks.contains("x-ms-meta-name"));
  EXPECT_TRUE(marks.contains("x-ms-meta-version"));
}

TEST_F(LocalInputs, SameContent_IsNotSentTwice) {
  auto train = estimator();
  train.inputs = {Input("d", folder.write("data/d.csv", "1,2\n").parent_path().string())};
  auto const first = submitted(train, "job_1");
  auto const puts = [&] { return service.server().requests("PUT", "/acct/azureml-blobstore/*").size(); };
  auto const sent = puts();
  EXPECT_EQ(sent, 2U);  // the file and its mark
  EXPECT_EQ(submitted(train, "job_2")["inputs"], first["inputs"]);
  EXPECT_EQ(puts(), sent);
}

TEST_F(LocalInputs, File_IsAFileWhateverTheTypeSays) {
  auto train = estimator();
  train.inputs = {Input("d", folder.write("d v1.csv", "1,2\n").string())};
  auto const job = submitted(train, "job_1");
  ASSERT_EQ(stored().size(), 1U);
  auto const place = stored().begin()->first;
  EXPECT_THAT(place, testing::MatchesRegex("LocalUpload/[0-9a-f]+/d v1.csv"));
  EXPECT_EQ(job["inputs"]["d"], (json{{"jobInputType", "uri_file"},
                                      {"mode", "ReadOnlyMount"},
                                      {"uri", "azureml://datastores/workspaceblobstore/paths/" + place}}));
}

TEST_F(LocalInputs, PlaceWithOtherFiles_IsNotUsed) {
  // Different folders can have one hash: this is the other one, at the place of `data`.
  auto train = estimator();
  train.inputs = {Input("d", folder.write("data/d.csv", "1,2\n").parent_path().string())};
  service.put_blob(kBox + ("LocalUpload/" + std::string(kFolderHash)) + "/data/other.csv", "3");
  auto const job = submitted(train, "job_1");
  auto const address = job["inputs"]["d"]["uri"].get<std::string>();
  EXPECT_THAT(address, testing::MatchesRegex(".*/paths/LocalUpload/" + std::string(kFolderHash) + "-[0-9a-f]+/data/"));
  auto const place = address.substr(address.find("LocalUpload/"));
  EXPECT_EQ(stored().at(place + "d.csv"), "1,2\n");
}

TEST_F(LocalInputs, HalfAnUpload_IsCompleted) {
  auto train = estimator();
  folder.write("data/a.csv", "1");
  folder.write("data/b.csv", "2");
  train.inputs = {Input("d", (folder.path() / "data").string())};
  submitted(train, "job_1");
  auto const all = stored();
  ASSERT_EQ(all.size(), 2U);
  MockService other;
  auto const elsewhere = Workspace::get({.subscription_id = MockService::kSubscription,
                                         .resource_group = MockService::kResourceGroup,
                                         .workspace_name = MockService::kWorkspace},
                                        {.credential = Credential::from_token(Secret::literal(MockService::kToken)),
                                         .resource_manager_url = other.endpoint()});
  other.put_blob(kBox + all.begin()->first, all.begin()->second);
  Experiment(elsewhere, "exp").submit(train, {.run_id = "job_1"});
  EXPECT_EQ(other.uploads().at(kBox + all.rbegin()->first), all.rbegin()->second);
  EXPECT_EQ(other.blob_metadata(kBox + all.begin()->first).at("x-ms-meta-upload_status"), "completed");
}

TEST_F(LocalInputs, IgnoredFiles_StayHere) {
  auto train = estimator();
  folder.write("data/d.csv", "1,2\n");
  folder.write("data/big.tmp", "x");
  folder.write("data/.amlignore", "*.tmp\n.amlignore\n");
  train.inputs = {Input("d", (folder.path() / "data").string())};
  submitted(train, "job_1");
  EXPECT_THAT(stored(), ElementsAre(Pair("LocalUpload/" + std::string(kFolderHash) + "/data/d.csv", "1,2\n")));
  folder.write("data/.amlignore", "*\n");
  EXPECT_THAT(message_of<ValidationError>([&] { submitted(train, "job_2"); }), HasSubstr("leaves all of them out"));
  EXPECT_FALSE(service.job_body("job_2"));
}

TEST_F(LocalInputs, AssetsByName_BecomeTheirIds) {
  auto train = estimator();
  train.inputs = {Input("fixed", "azureml:iris:3"), Input("direct", "azureml://datastores/workspaceblobstore/paths/x"),
                  Input("web", "https://example.com/x.csv")};
  train.inputs[2].type = "uri_file";
  auto const job = submitted(train, "job_1");
  EXPECT_EQ(job["inputs"]["fixed"]["uri"], MockService::workspace_path() + "/data/iris/versions/3");
  EXPECT_EQ(job["inputs"]["direct"]["uri"], "azureml://datastores/workspaceblobstore/paths/x");
  EXPECT_EQ(job["inputs"]["web"]["uri"], "https://example.com/x.csv");
  EXPECT_THAT(stored(), IsEmpty());
  EXPECT_THAT(service.server().requests("GET", MockService::workspace_path() + "/datastores*"), IsEmpty());

  service.server().once("GET", MockService::workspace_path() + "/data/iris",
                        test::json_reply(R"({"properties":{"latestVersion":"12"}})"));
  train.inputs = {Input("newest", "azureml:iris@latest")};
  EXPECT_EQ(submitted(train, "job_2")["inputs"]["newest"]["uri"],
            MockService::workspace_path() + "/data/iris/versions/12");
  EXPECT_THROW(submitted(train, "job_3"), NotFoundError);
  EXPECT_FALSE(service.job_body("job_3"));
}

TEST_F(LocalInputs, Validate_UploadsNothing) {
  auto train = estimator();
  train.inputs = {Input("d", folder.write("data/d.csv", "1,2\n").parent_path().string())};
  EXPECT_THAT(validate(train), IsEmpty());
  EXPECT_THAT(service.server().requests(), IsEmpty());
}

TEST_F(LocalInputs, PathThatIsNotThere_IsAFaultBeforeAnyRequest) {
  auto train = estimator();
  train.inputs = {Input("d", "/no/such/folder")};
  EXPECT_THROW(submitted(train, "job_1"), ValidationError);
  EXPECT_THAT(service.server().requests(), IsEmpty());
}

}  // namespace
}  // namespace azureml
