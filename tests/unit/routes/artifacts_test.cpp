#include "routes_fixture.hpp"

namespace azureml::engine::routes {
namespace {

class ArtifactsTest : public RoutesTest {
 protected:
  void SetUp() override {
    RoutesTest::SetUp();
    store_->add_job({.name = "r1", .experiment = "e", .definition = "{}"});
    write_artifact("r1", "outputs/model.bin", "model");
    write_artifact("r1", "outputs/a b/x", "x");
    write_artifact("r1", "user_logs/std_log.txt", "log");
  }
  std::string paths(std::string const& address) {
    std::string text;
    auto const page = ask_json({.address = address});
    for (auto const& each : page.at("value")) text += each.at("path").get<std::string>() + ";";
    return text;
  }
};

TEST_F(ArtifactsTest, List_IsTheSameInBothPlaces) {
  std::string const all = "outputs/a b/x;outputs/model.bin;user_logs/std_log.txt;";
  EXPECT_EQ(paths(artifacts("ExperimentRun/dcid.r1")), all);
  EXPECT_EQ(paths(history("experiments/e/runs/r1/artifacts")), all);
  EXPECT_EQ(paths(history("runs/r1/artifacts")), all);
  EXPECT_EQ(paths(artifacts("ExperimentRun/dcid.r1") + "?path=outputs/"), "outputs/a b/x;outputs/model.bin;");
  EXPECT_EQ(paths(history("runs/r1/artifacts/path") + "?path=user"), "user_logs/std_log.txt;");
}

TEST_F(ArtifactsTest, OneArtifact_IsFoundInBothSpellings) {
  std::string const by_query = artifacts("ExperimentRun/dcid.r1/");
  auto const metadata = ask_json({.address = by_query + "metadata?path=outputs/model.bin"});
  EXPECT_EQ(metadata.at("artifactId"), "ExperimentRun/dcid.r1/outputs/model.bin");
  EXPECT_EQ(ask_json({.address = artifacts("metadata/ExperimentRun/dcid.r1/outputs/model.bin")}), metadata);
  EXPECT_EQ(ask_json({.address = history("runs/r1/artifacts/metadata?path=outputs/model.bin")}), metadata);
  for (auto const& address : {by_query + "contentinfo?path=outputs/a%20b/x", artifacts("contentinfo/ExperimentRun/dcid.r1/outputs/a%20b/x"),
                              history("experiments/e/runs/r1/artifacts/contentinfo?path=outputs/a%20b/x")}) {
    auto const info = ask_json({.address = address});
    EXPECT_EQ(text_of(ask({.address = local_part(info.at("contentUri"))})), "x") << address;
  }
  EXPECT_EQ(text_of(ask({.address = by_query + "content?path=outputs/model.bin"})), "model");
  EXPECT_EQ(text_of(ask({.address = artifacts("content/ExperimentRun/dcid.r1/outputs/model.bin")})), "model");
}

TEST_F(ArtifactsTest, Prefix_GivesASignedAddressForEach) {
  for (auto const& address : {artifacts("ExperimentRun/dcid.r1/prefix/contentinfo?path=outputs"), artifacts("prefix/contentinfo/ExperimentRun/dcid.r1/outputs")}) {
    auto const page = ask_json({.address = address});
    ASSERT_EQ(page.at("value").size(), 2U) << address;
    for (auto const& each : page.at("value")) EXPECT_EQ(ask({.address = local_part(each.at("contentUri"))}).status, 200);
  }
}

TEST_F(ArtifactsTest, ManyArtifacts_ArePaged) {
  for (int i = 0; i < 1200; ++i) write_artifact("r1", "many/" + std::to_string(i), "x");
  std::size_t count = 0;
  int pages = 0;
  std::string token;
  do {
    auto const page = ask_json({.address = artifacts("ExperimentRun/dcid.r1") + "?path=many/" + (token.empty() ? "" : "&continuationToken=" + token)});
    count += page.at("value").size();
    token = page.at("continuationToken").is_null() ? "" : page.at("continuationToken").get<std::string>();
  } while (!token.empty() && ++pages < 10);
  EXPECT_EQ(count, 1200U);
  EXPECT_EQ(pages, 2);
  EXPECT_EQ(refusal({.address = artifacts("ExperimentRun/dcid.r1?continuationToken=%21")}).status, 400);
}

TEST_F(ArtifactsTest, NamesThatEscape_AreRefused) {
  std::filesystem::create_symlink("/etc/passwd", home_.artifacts("r1") / "outputs" / "link");
  for (std::string const path : {"..%2F..%2Fstore.db", "%2Fetc%2Fpasswd", "outputs%2F..%2F..%2F..%2Fstore.db", "", "a%00b"}) {
    EXPECT_EQ(refusal({.address = artifacts("ExperimentRun/dcid.r1/content?path=" + path)}).status, 400) << path;
    EXPECT_EQ(refusal({.address = history("runs/r1/artifacts/contentinfo?path=" + path)}).status, 400) << path;
  }
  EXPECT_EQ(refusal({.address = artifacts("ExperimentRun/dcid.r1/content?path=outputs/link")}).status, 404);
  EXPECT_EQ(refusal({.address = artifacts("ExperimentRun/dcid.r1/content?path=absent")}).status, 404);
  for (std::string const container : {"dcid.absent", "dcid...%2F..", "r1", "dcid."}) {
    EXPECT_EQ(refusal({.address = artifacts("ExperimentRun/" + container)}).status, 404) << container;
  }
  EXPECT_EQ(refusal({.address = artifacts("LocalUpload/dcid.r1")}).status, 404);
}

TEST_F(ArtifactsTest, AnnouncedArtifacts_AreUploadedToTheirAddresses) {
  std::string const body = R"({"paths":[{"path":"outputs/new/a b.txt"},{"path":"outputs/model.bin"},{"path":"outputs/model.bin"}]})";
  for (auto const& address : {artifacts("ExperimentRun/dcid.r1/batch/metadata"), artifacts("batch/metadata/ExperimentRun/dcid.r1"),
                              history("experiments/e/runs/r1/artifacts/batch/metadata"), history("runs/r1/artifacts/batch/metadata")}) {
    auto const batch = ask_json({.method = "POST", .address = address, .body = body});
    EXPECT_TRUE(batch.at("errors").empty());
    ASSERT_EQ(batch.at("artifacts").size(), 2U) << address;
    EXPECT_EQ(batch.at("artifacts").at("outputs/new/a b.txt").at("artifactId"), "ExperimentRun/dcid.r1/outputs/new/a b.txt");
    auto const information = batch.at("artifactContentInformation").at("outputs/new/a b.txt");
    EXPECT_EQ(information.at("path"), "outputs/new/a b.txt");
    Asked upload{.method = "PUT", .address = local_part(information.at("contentUri")), .body = address, .headers = {{"x-ms-blob-type", "BlockBlob"}}};
    EXPECT_EQ(ask(upload).status, 201);
    EXPECT_EQ(text_of(ask({.address = artifacts("ExperimentRun/dcid.r1/content?path=outputs/new/a%20b.txt")})), address);
    upload.method = "DELETE";
    EXPECT_EQ(refusal(upload).status, 403);
    upload = {.method = "PUT", .address = upload.address, .headers = {{"x-ms-blob-type", "BlockBlob"}}};
    upload.address.replace(upload.address.find("outputs"), 7, "outputz");
    EXPECT_EQ(refusal(upload).status, 403) << "signed for another path";
  }
}

TEST_F(ArtifactsTest, WritableAddress_IsGivenForOnePath) {
  for (auto const& address : {artifacts("ExperimentRun/dcid.r1/write?path=outputs/w"), artifacts("write/ExperimentRun/dcid.r1/outputs/w")}) {
    auto const information = ask_json({.address = address});
    Asked const upload{.method = "PUT", .address = local_part(information.at("contentUri")), .body = "w", .headers = {{"x-ms-blob-type", "BlockBlob"}}};
    EXPECT_EQ(ask(upload).status, 201);
  }
}

TEST_F(ArtifactsTest, Content_CanBeTheBodyOfTheRequest) {
  auto const by_query = artifacts("ExperimentRun/dcid.r1/content?path=outputs/posted");
  auto const made = ask_json({.method = "POST", .address = by_query, .body = "posted"});
  EXPECT_EQ(made.at("path"), "outputs/posted");
  EXPECT_FALSE(made.at("etag").get<std::string>().empty());
  EXPECT_EQ(text_of(ask({.address = by_query})), "posted");
  auto const again = refusal({.method = "POST", .address = by_query, .body = "again"});
  EXPECT_EQ(again.status, 409);
  EXPECT_THAT(again.message, ::testing::HasSubstr("allowOverwrite=true"));
  ask_json({.method = "POST", .address = artifacts("content/ExperimentRun/dcid.r1/outputs/posted?allowOverwrite=true"), .body = "again"});
  EXPECT_EQ(text_of(ask({.address = by_query})), "again");
  EXPECT_EQ(refusal({.method = "POST", .address = by_query + "&append=true", .body = "x"}).status, 400);
  EXPECT_EQ(refusal({.method = "POST", .address = by_query + "/below", .body = "x"}).status, 409);
}

TEST_F(ArtifactsTest, NamesThatCannotBe_AreNotAnnounced) {
  auto const announce = [&](std::string const& body) { return refusal({.method = "POST", .address = artifacts("ExperimentRun/dcid.r1/batch/metadata"), .body = body}); };
  for (auto const* path : {"", "../x", "/etc/passwd", "a//b", "a\\\\b", "outputs/"}) {
    auto const error = announce(std::string(R"({"paths":[{"path":"outputs/good"},{"path":")") + path + R"("}]})");
    EXPECT_EQ(error.status, 400) << path;
    EXPECT_THAT(error.message, ::testing::HasSubstr("artifact path")) << path;
  }
  for (auto const* log : {"user_logs/std_log.txt", "system_logs/a", "azureml-logs/a"}) {
    EXPECT_THAT(announce(std::string(R"({"paths":[{"path":")") + log + R"("}]})").message, ::testing::HasSubstr("written by the engine alone"));
    EXPECT_EQ(refusal({.method = "POST", .address = artifacts(std::string("ExperimentRun/dcid.r1/content?path=") + log), .body = "x"}).status, 400);
    EXPECT_EQ(refusal({.address = artifacts(std::string("ExperimentRun/dcid.r1/write?path=") + log)}).status, 400);
  }
  for (auto const* body : {"[]", "{}", R"({"paths":1})", R"({"paths":["a"]})", R"({"paths":[{}]})"}) EXPECT_EQ(announce(body).status, 400) << body;
  EXPECT_EQ(refusal({.method = "POST", .address = artifacts("ExperimentRun/dcid.absent/batch/metadata"), .body = R"({"paths":[]})"}).status, 404);
}

}  // namespace
}  // namespace azureml::engine::routes
