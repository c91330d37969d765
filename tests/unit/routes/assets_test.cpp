#include "routes_fixture.hpp"

#include "engine/routes/conda_text.hpp"
#include "engine/routes/references.hpp"

#include <fstream>
#include <regex>
#include <set>

namespace azureml::engine::routes {
namespace {

using ::testing::HasSubstr;

TEST_F(RoutesTest, PendingUpload_GivesANewContainerThatCanBeWritten) {
  std::set<std::string> uris;
  for (int i = 0; i < 3; ++i) {
    auto const body = ask_json({.method = "POST", .address = arm("codes/c/versions/1/startPendingUpload"), .body = R"({"pendingUploadType":"TemporaryBlobReference"})"});
    EXPECT_EQ(body.at("pendingUploadType"), "None");
    auto const& reference = body.at("blobReferenceForConsumption");
    EXPECT_EQ(reference.at("credential").at("credentialType"), "SAS");
    auto const uri = reference.at("blobUri").get<std::string>();
    EXPECT_TRUE(std::regex_match(uri, std::regex(std::string(kBase) + "/azureml0a1b2c3d/" + identity_.workspace_id + "-[a-z0-9]{26}"))) << uri;
    auto const sas = reference.at("credential").at("sasUri").get<std::string>();
    EXPECT_TRUE(sas.starts_with(uri + "?"));
    EXPECT_THAT(sas, HasSubstr("sr=c&sp=rcwl"));
    uris.insert(uri);
  }
  EXPECT_EQ(uris.size(), 3U);
}

TEST_F(RoutesTest, Code_IsFoundByHashUnderAnyName) {
  auto const id = a_code("mine", "abc");
  auto const found = ask_json({.address = arm("codes/another/versions", "hash=abc&hashVersion=202208")});
  ASSERT_EQ(found.at("value").size(), 1U);
  EXPECT_EQ(found.at("value")[0].at("id"), id);
  EXPECT_EQ(found.at("value")[0].at("properties").at("properties").at("hash_version"), "202208");
  EXPECT_TRUE(ask_json({.address = arm("codes/another/versions", "hash=abd&hashVersion=202208")}).at("value").empty());
  EXPECT_TRUE(ask_json({.address = arm("codes/another/versions")}).at("value").empty());
}

TEST_F(RoutesTest, CodePath_CannotBeChanged) {
  a_code("mine");
  auto const existing = ask_json({.address = arm("codes/mine/versions/1")});
  EXPECT_EQ(existing.at("properties").at("isAnonymous"), false);
  json body{{"properties", {{"codeUri", existing.at("properties").at("codeUri")}}}};
  EXPECT_EQ(ask({.method = "PUT", .address = arm("codes/mine/versions/1"), .body = body.dump()}).status, 200);
  body["properties"]["codeUri"] = "http://127.0.0.1:4321/azureml0a1b2c3d/other/src";
  auto const error = refusal({.method = "PUT", .address = arm("codes/mine/versions/1"), .body = body.dump()});
  EXPECT_EQ(error.status, 400);
  EXPECT_EQ(error.message, "Asset paths cannot be updated.");
  EXPECT_EQ(refusal({.address = arm("codes/mine/versions/2")}).status, 404);
  EXPECT_EQ(refusal({.address = arm("codes/absent")}).status, 404);
  EXPECT_EQ(ask_json({.address = arm("codes/mine")}).at("properties").at("nextVersion"), "2");
  EXPECT_EQ(refusal({.method = "PUT", .address = arm("codes/mine/versions/3"), .body = R"({"properties":{"x":1}})"}).details.size(), 1U);
  EXPECT_EQ(refusal({.method = "PUT", .address = arm("codes/mine/versions/3"), .body = "{}"}).status, 400);
}

TEST_F(RoutesTest, RecordedCondaFile_ComesBackAsTheServiceWritesIt) {
  std::ifstream in{std::string(AZUREML_TEST_DATA) + "/routes/environment_with_conda.json"};
  auto const recorded = json::parse(in);
  auto const reply = ask_json({.method = "PUT", .address = arm("environments/e/versions/1"), .body = recorded.at("request").dump()}, 201);
  EXPECT_EQ(reply.at("properties").at("condaFile"), recorded.at("reply").at("properties").at("condaFile"));
  EXPECT_EQ(reply.at("properties").at("properties"), recorded.at("reply").at("properties").at("properties"));
}

TEST_F(RoutesTest, EnvironmentVersion_IsImmutable) {
  auto const put = [&](json const& properties) {
    return refusal({.method = "PUT", .address = arm("environments/e/versions/1"), .body = json{{"properties", properties}}.dump()}).status;
  };
  json const first{{"image", "i"}, {"condaFile", "dependencies: [python]"}};
  EXPECT_EQ(put(first), 0);
  EXPECT_EQ(put(first), 0) << "equal content is created again";
  EXPECT_EQ(put({{"image", "i"}, {"condaFile", "{\"dependencies\": [\"python\"]}"}}), 0) << "the JSON that was given back";
  EXPECT_EQ(put({{"image", "j"}, {"condaFile", "dependencies: [python]"}}), 400);
  EXPECT_EQ(put({{"image", "i"}, {"condaFile", "dependencies: [pip]"}}), 400);
  EXPECT_EQ(put({{"condaFile", "dependencies: [python]"}}), 400);
  EXPECT_EQ(put({{"image", "i"}, {"condaFile", "a: ]"}}), 400);
  EXPECT_EQ(put({{"image", "i"}, {"osType", "Windows"}}), 400);
  EXPECT_EQ(put({{"image", "i"}, {"unknown", 1}}), 400);
}

TEST_F(RoutesTest, EnvironmentVersions_AreListedAsOrdered) {
  for (auto const* version : {"1", "2", "10"}) {
    ask_json({.method = "PUT", .address = arm(std::string("environments/e/versions/") + version), .body = R"({"properties":{"image":"i"}})"}, 201);
  }
  auto const names = [&](std::string const& query) {
    std::string text;
    auto const body = ask_json({.address = arm("environments/e/versions", query)});
    for (auto const& each : body.at("value")) text += each.at("name").get<std::string>() + " ";
    return text;
  };
  EXPECT_EQ(names("$orderBy=createdtime%20desc&$top=1"), "10 ");
  EXPECT_EQ(names("$orderBy=createdtime%20asc"), "1 2 10 ");
  EXPECT_EQ(names(""), "10 2 1 ");
  EXPECT_EQ(refusal({.address = arm("environments/e/versions", "$orderBy=size")}).status, 400);
  EXPECT_EQ(ask_json({.address = arm("environments/e")}).at("properties").at("nextVersion"), "11");
  EXPECT_EQ(refusal({.address = arm("environments/f")}).status, 404);
  EXPECT_EQ(ask_json({.address = arm("environments/e/versions/1")}).at("properties").at("condaFile"), "");
}

TEST(CondaText, Values_KeepTheirMeaning) {
  EXPECT_EQ(conda_as_json(""), "");
  EXPECT_EQ(conda_as_json("a: 1\nb: 1.10\nc: true\nd: ~\ne: '2'\nf: []\ng: {}\n"),
            "{\n  \"a\": 1,\n  \"b\": \"1.10\",\n  \"c\": true,\n  \"d\": null,\n  \"e\": \"2\",\n  \"f\": [],\n  \"g\": {}\n}");
}

TEST(CondaText, AliasesThatGrow_AreRefused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    auto const before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) text += ", " + before;
    text += "]\n";
  }
  EXPECT_THROW((void)conda_as_json(text), ApiError);
  EXPECT_THROW((void)conda_as_json("a: " + std::string(100, '[') + std::string(100, ']')), ApiError);
}

TEST(References, BlobUris_AreSplitInBothSpellings) {
  auto const path_style = split_blob_uri("http://127.0.0.1:1/acct/box/src/a%20b/", "acct");
  ASSERT_TRUE(path_style);
  EXPECT_EQ(path_style->container, "box");
  EXPECT_EQ(path_style->path, "src/a b");
  auto const host_style = split_blob_uri("https://acct.blob.localhost:8443/box/src?sig=x", "acct");
  ASSERT_TRUE(host_style);
  EXPECT_EQ(host_style->container, "box");
  EXPECT_EQ(host_style->path, "src");
  EXPECT_FALSE(split_blob_uri("https://other.blob.core.windows.net/box/src", "acct"));
  EXPECT_FALSE(split_blob_uri("file:///etc/passwd", "acct"));
  EXPECT_FALSE(split_blob_uri("http://host", "acct"));
  EXPECT_FALSE(split_blob_uri("http://h/acct/box/%zz", "acct"));
}

}  // namespace
}  // namespace azureml::engine::routes
