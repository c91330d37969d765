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

}  // namespace
}  // namespace azureml::engine::routes
