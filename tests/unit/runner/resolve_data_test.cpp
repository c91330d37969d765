#include "engine/runner/resolve_data.hpp"
#include "engine/runner/run_failure.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using Kind = DataInput::Kind;

constexpr char kContainer[] = "azureml-blobstore-w1";

struct ResolveData : ::testing::Test {
  ResolveData() {
    store.add_container(kContainer);
    for (auto const* name : {"train/a.csv", "train/sub/b.csv", "one.csv", "my data/c.csv", "100%25/d.csv"})
      store.put_blob({.container = kContainer, .name = name});
    store.put_datastore({.name = "mine", .type = "AzureBlob", .account = "acct1", .container = "box"});
    store.put_blob({.container = "box", .name = "x/y.csv"});
    store.put_datastore({.name = "azure", .type = "AzureBlob", .account = "elsewhere", .container = "c"});
    store.put_datastore({.name = "share", .type = "AzureFile", .account = "acct1", .container = "c"});
    store.put_datastore({.name = "evil", .type = "AzureBlob", .account = "acct1", .container = "../x"});
    store.add_data({.name = "d",
                    .version = "1",
                    .uri = "azureml://datastores/workspaceblobstore/paths/train",
                    .created = store::TimePoint{}});
    store.add_data({.name = "d",
                    .version = "2",
                    .uri = "azureml://datastores/workspaceblobstore/paths/one.csv",
                    .created = store::TimePoint{} + std::chrono::hours(1)});
    store.add_data({.name = "loop", .version = "1", .uri = "azureml:loop:1"});
    store.ensure_experiment("e");
    store.add_job({.name = "done",
                   .experiment = "e",
                   .definition = R"({"outputs":{"model":{"jobOutputType":"uri_folder"},
        "named":{"jobOutputType":"uri_folder","uri":"azureml://datastores/mine/paths/x/"}}})",
                   .status = "Completed"});
    store.add_job({.name = "busy", .experiment = "e", .definition = "{}", .status = "Running"});
    store.put_blob({.container = kContainer, .name = "azureml/done/model/m.bin"});
    test::write_text(home.artifacts("done") / "outputs/model.pkl", "x");
    fs::create_symlink("/etc", home.artifacts("done") / "outputs/etc");
  }
  DataInput input(std::string const& uri, std::string const& mode = "", std::string const& type = "uri_folder") {
    json object{{"jobInputType", type}, {"uri", uri}};
    if (!mode.empty()) object["mode"] = mode;
    return resolver.input("train", object);
  }
  std::string source(std::string const& uri) {
    return fs::path(input(uri).source).lexically_relative(home.root).string();
  }
  RunError error_of(std::function<void()> const& call) {
    try {
      call();
    } catch (RunFailure const& failure) {
      return failure.error();
    }
    ADD_FAILURE() << "accepted";
    return {};
  }
  RunError input_error(std::string const& uri, std::string const& mode = "", std::string const& type = "uri_folder") {
    return error_of([&] { input(uri, mode, type); });
  }
  DataOutput output(json object) { return resolver.output("model", object, "r1"); }

  test::TemporaryDirectory directory{};
  store::Home home{directory.path()};
  store::Store store{home.database()};
  DataPlaces places{.storage_account = "acct1", .workspace_id = "w1"};
  DataResolver resolver{store, home, places};
};

TEST_F(ResolveData, DatastorePaths_LeadToTheFolderOrFileOfTheirBlobs) {
  auto const blobs = "blobs/" + std::string(kContainer);
  EXPECT_EQ(source("azureml://datastores/workspaceblobstore/paths/train/"), blobs + "/train");
  EXPECT_EQ(source("azureml://datastores/workspaceblobstore/paths/"), blobs);
  EXPECT_EQ(source("azureml://datastores/workspaceblobstore/paths/one.csv"), blobs + "/one.csv");
  EXPECT_EQ(source("azureml://datastores/Mine/paths/x"), "blobs/box/x");
  EXPECT_EQ(source("azureml://subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/local/workspaces/local/"
                   "datastores/mine/paths/x"),
            "blobs/box/x");
  EXPECT_EQ(source("azureml://datastores/workspaceblobstore/paths/my data"), blobs + "/my data");
  EXPECT_EQ(source("azureml://datastores/workspaceblobstore/paths/my%20data"), blobs + "/my data");
  EXPECT_EQ(source("azureml://datastores/workspaceblobstore/paths/100%25"), blobs + "/100%25");
  EXPECT_EQ(input("azureml://datastores/workspaceblobstore/paths/train").kind, Kind::folder);
  EXPECT_EQ(input("azureml://datastores/workspaceblobstore/paths/one.csv").kind, Kind::file);
}

TEST_F(ResolveData, ModeOfAnInput_DecidesMountCopyOrText) {
  auto const uri = "azureml://datastores/workspaceblobstore/paths/train";
  EXPECT_TRUE(input(uri).mount);
  EXPECT_TRUE(input(uri, "ReadOnlyMount").mount);
  EXPECT_FALSE(input(uri, "Download").mount);
  auto const direct = input("azureml://datastores/none/paths/a$b\"", "Direct");
  EXPECT_EQ(direct.kind, Kind::text);
  EXPECT_EQ(direct.address, "azureml://datastores/none/paths/a%24b%22");
  EXPECT_EQ(input("azureml:d:2", "Direct").address, "azureml://datastores/workspaceblobstore/paths/one.csv");
  auto const refused = input_error(uri, "ReadWriteMount");
  EXPECT_EQ(refused.code, "NotSupported");
  EXPECT_THAT(refused.message, HasSubstr("ReadWriteMount"));
}

TEST_F(ResolveData, AssetsAndOutputsOfJobs_AreFollowed) {
  auto const blobs = "blobs/" + std::string(kContainer);
  EXPECT_EQ(source("azureml:d:1"), blobs + "/train");
  EXPECT_EQ(source("azureml:d@latest"), blobs + "/one.csv");
  EXPECT_EQ(source("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/"
                   "Microsoft.MachineLearningServices/workspaces/local/data/d/versions/1"),
            blobs + "/train");
  EXPECT_EQ(source("azureml://jobs/done/outputs/model"), blobs + "/azureml/done/model");
  EXPECT_EQ(source("azureml://jobs/done/outputs/model/paths/m.bin"), blobs + "/azureml/done/model/m.bin");
  EXPECT_EQ(source("azureml://jobs/done/outputs/named/paths/y.csv"), "blobs/box/x/y.csv");
  EXPECT_EQ(source("azureml://jobs/done/outputs/default/paths/outputs"), "runs/done/artifacts/outputs");
  EXPECT_EQ(source("runs:/done/outputs/model.pkl"), "runs/done/artifacts/outputs/model.pkl");
  EXPECT_EQ(source("azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.done/outputs"),
            "runs/done/artifacts/outputs");
  EXPECT_EQ(source("azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.done"), "runs/done/artifacts");
}

TEST_F(ResolveData, AddressesOnTheWeb_AreFetchedUnlessTheyAreTheEnginesOwn) {
  auto const web = input("https://example.org/a.csv?sig=s", "", "uri_file");
  EXPECT_EQ(web.kind, Kind::web);
  EXPECT_EQ(web.source, "https://example.org/a.csv?sig=s");
  EXPECT_FALSE(web.mount);
  EXPECT_EQ(source("http://127.0.0.1:5/acct1/box/x"), "blobs/box/x");
  EXPECT_EQ(source("http://acct1.blob.localhost:5/box/x/y.csv?sig=s"), "blobs/box/x/y.csv");
  EXPECT_EQ(input("http://127.0.0.1:5/other/box/x", "", "uri_file").kind, Kind::web);
  auto const folder = input_error("https://example.org/a?sig=secret");
  EXPECT_EQ(folder.code, "NotSupported");
  EXPECT_THAT(folder.message, HasSubstr("uri_file"));
  EXPECT_EQ(folder.message.find("secret"), std::string::npos);
}

TEST_F(ResolveData, WhatIsMissing_FailsInPreparingWithNameAndAddress) {
  for (std::string const uri :
       {"azureml://datastores/workspaceblobstore/paths/none", "azureml://datastores/workspaceblobstore/paths/trai",
        "azureml://datastores/workspaceblobstore/paths/%2e%2e/x", "azureml://datastores/none/paths/x", "azureml:d:9",
        "azureml:none@latest", "azureml:loop:1", "azureml://jobs/none/outputs/o", "azureml://jobs/done/outputs/none",
        "azureml://jobs/busy/outputs/o", "runs:/done/none", "runs:/done/outputs/etc/passwd", "runs:/done/outputs/etc",
        "azureml://datastores/workspaceartifactstore/paths/",
        "azureml://datastores/workspaceartifactstore/paths/ExperimentRun",
        "azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.none", "nonsense",
        "azureml://datastores/workspaceblobstore/paths/../x"}) {
    auto const error = input_error(uri);
    EXPECT_EQ(error.code, "DataNotFound") << uri;
    EXPECT_EQ(error.phase, "preparing");
    EXPECT_THAT(error.message, HasSubstr("'train'"));
    EXPECT_THAT(error.message, HasSubstr(uri));
  }
  EXPECT_THAT(input_error("").message, HasSubstr("no address"));
  EXPECT_EQ(input_error("azureml://datastores/workspaceblobstore/paths/train", "", "uri_file").code, "DataNotFound");
}

TEST_F(ResolveData, WhatIsElsewhere_IsRefusedNamingIt) {
  for (auto const& [uri, word] :
       {std::pair{"azureml://datastores/azure/paths/x", "elsewhere"},
        {"azureml://datastores/share/paths/x", "AzureFile"},
        {"azureml://datastores/evil/paths/x", "not allowed"},
        {"wasbs://c@a.blob.core.windows.net/x", "wasbs://"},
        {"azureml://registries/r/data/d/versions/1", "registries"},
        {"azureml://subscriptions/s/resourcegroups/g/workspaces/other/datastores/workspaceblobstore/paths/train",
         "s/g/other"},
        {"azureml://locations/l/workspaces/w2/data/d/versions/1", "w2"}}) {
    auto const error = input_error(uri);
    EXPECT_EQ(error.code, "NotSupported") << uri;
    EXPECT_THAT(error.message, HasSubstr(word));
  }
  EXPECT_EQ(source("azureml://locations/l/workspaces/W1/data/d/versions/1"),
            "blobs/" + std::string(kContainer) + "/train");
}

TEST_F(ResolveData, Outputs_GoToTheirAddressOrToOneOfTheirOwn) {
  auto const given = output({{"jobOutputType", "uri_folder"},
                             {"uri", "azureml://datastores/mine/paths/a/b/"},
                             {"mode", "Upload"},
                             {"assetName", "model"}});
  EXPECT_EQ(given.address, "azureml://datastores/mine/paths/a/b");
  EXPECT_EQ(given.container, "box");
  EXPECT_EQ(given.directory, (home.blobs() / "box").string());
  EXPECT_EQ(given.path, "a/b");
  EXPECT_EQ(given.asset_name, "model");
  EXPECT_EQ(given.asset_type, "uri_folder");
  auto const own = output({{"jobOutputType", "uri_folder"}});
  EXPECT_EQ(own.address, "azureml://datastores/workspaceblobstore/paths/azureml/r1/model");
  EXPECT_EQ(own.path, "azureml/r1/model");
  EXPECT_EQ(output({{"jobOutputType", "uri_file"}}).path, "azureml/r1/model/model");
  auto const filled = "azureml://datastores/workspaceblobstore/paths/azureml/r1/model/";  // by the engine at submit
  EXPECT_EQ(output({{"jobOutputType", "uri_file"}, {"uri", filled}, {"uriSent", ""}}).path, "azureml/r1/model/model");
  EXPECT_EQ(output({{"jobOutputType", "uri_file"}, {"uri", filled}, {"uriSent", filled}}).path, "azureml/r1/model");
  EXPECT_EQ(output({{"jobOutputType", "uri_folder"}, {"uri", filled}, {"uriSent", ""}}).path, "azureml/r1/model");
  EXPECT_EQ(output({{"jobOutputType", "uri_folder"},
                    {"uri", "azureml://datastores/${{default_datastore}}/paths/x/${{name}}/${{output_name}}"}})
                .path,
            "x/r1/model");
  auto const direct = output({{"jobOutputType", "uri_folder"}, {"uri", "https://example.org/$x"}, {"mode", "Direct"}});
  EXPECT_EQ(direct.kind, DataOutput::Kind::text);
  EXPECT_EQ(direct.address, "https://example.org/%24x");
  auto const web = output({{"jobOutputType", "uri_folder"}, {"uri", "http://127.0.0.1:5/acct1/box/q?sig=secret"}});
  EXPECT_EQ(web.address, "http://127.0.0.1:5/acct1/box/q");
  EXPECT_EQ(web.path, "q");
}

TEST_F(ResolveData, OutputsThatCannotGoThere_AreRefusedNamingThem) {
  for (auto const& [uri, code] :
       {std::pair{"azureml://datastores/none/paths/x", "DataNotFound"},
        {"azureml://datastores/azure/paths/x", "NotSupported"},
        {"azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.r1", "NotSupported"},
        {"azureml:d:1", "NotSupported"},
        {"https://example.org/x", "NotSupported"},
        {"azureml://datastores/mine/paths/../x", "DataNotFound"},
        {"azureml://datastores/mine/paths/a\\b", "DataNotFound"}}) {
    auto const error = error_of([&, address = uri] { output({{"jobOutputType", "uri_folder"}, {"uri", address}}); });
    EXPECT_EQ(error.code, code) << uri;
    EXPECT_THAT(error.message, HasSubstr("'model'"));
  }
  EXPECT_EQ(error_of([&] {
              output({{"jobOutputType", "uri_file"}, {"uri", "azureml://datastores/mine/paths/"}});
            }).code,
            "DataNotFound");
  EXPECT_EQ(error_of([&] { output({{"jobOutputType", "uri_folder"}, {"assetName", "a/b"}}); }).code, "NotSupported");
}

TEST(OwnBlobAddress, FormsOfAnAddress_AreReadAndStrangersAreNot) {
  EXPECT_EQ(own_blob_address("http://h:1/acct/c/a%20b/x/?sig=1", "acct"), (BlobAddress{"c", "a b/x"}));
  EXPECT_EQ(own_blob_address("https://ACCT.blob.localhost:1/c/x", "acct"), (BlobAddress{"c", "x"}));
  EXPECT_EQ(own_blob_address("https://h/any/c/", ""), (BlobAddress{"c", ""}));
  for (auto const* text : {"http://h/other/c/x", "http://h/acct", "http://h/acct/", "http://h", "ftp://h/acct/c/x",
                           "/acct/c/x", "http://h/acct/../x", "http://h/acct/c/%2e%2e/x", "http://h/acct/c/x%2fy",
                           "http://h/acct/c/%zz", "http://h/acct/.staging/x", "http://h/acct/c/%00"})
    EXPECT_FALSE(own_blob_address(text, "acct")) << text;
}

}  // namespace
}  // namespace azureml::engine::runner
