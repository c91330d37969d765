#include "routes_fixture.hpp"

namespace azureml::engine::routes {
namespace {

using ::testing::HasSubstr;

class DataAssetsTest : public RoutesTest {
 protected:
  static Asked put(std::string const& name, std::string const& version, json const& properties) {
    return {.method = "PUT",
            .address = arm("data/" + name + "/versions/" + version),
            .body = json{{"properties", properties}}.dump()};
  }
  static json folder(std::string const& uri = "azureml://datastores/workspaceblobstore/paths/a/b") {
    return {{"dataType", "uri_folder"}, {"dataUri", uri},       {"isAnonymous", false},
            {"isArchived", false},      {"tags", {{"t", "1"}}}, {"properties", json::object()}};
  }
};

TEST_F(DataAssetsTest, Version_IsMadeReadListedAndDeleted) {
  auto const made = ask(put("iris", "1", folder()));
  EXPECT_EQ(made.status, 201);
  EXPECT_THAT(made.headers.at("Location"), HasSubstr("/data/iris/versions/1?"));
  auto const read = ask_json({.address = arm("data/iris/versions/1")});
  EXPECT_EQ(read, json::parse(made.body));
  EXPECT_EQ(read.at("id"), std::string(kScope) + "/data/iris/versions/1");
  EXPECT_EQ(read.at("name"), "1");
  EXPECT_EQ(read.at("properties").at("dataUri"), "azureml://datastores/workspaceblobstore/paths/a/b");
  EXPECT_EQ(read.at("properties").at("dataType"), "uri_folder");
  EXPECT_EQ(ask({.method = "PUT", .address = arm("data/iris/versions/1"), .body = read.dump()}).status, 200);
  EXPECT_EQ(ask({.method = "DELETE", .address = arm("data/iris/versions/1")}).status, 200);
  EXPECT_EQ(ask({.method = "DELETE", .address = arm("data/iris/versions/1")}).status, 204);
  auto const absent = refusal({.address = arm("data/iris/versions/1")});
  EXPECT_EQ(absent.status, 404);
  EXPECT_EQ(absent.message, "Data version iris:1 (dataContainerName:version) not found.");
}

TEST_F(DataAssetsTest, Container_KnowsTheLatestAndTheNextVersion) {
  for (auto const* version : {"1", "9", "10"}) ask(put("iris", version, folder()));
  auto const container = ask_json({.address = arm("data/iris")}).at("properties");
  EXPECT_EQ(container.at("latestVersion"), "10");
  EXPECT_EQ(container.at("nextVersion"), "11");
  EXPECT_EQ(container.at("dataType"), "uri_folder");
  auto const latest = ask_json({.address = arm("data/iris/versions", "$orderBy=createdtime%20desc&$top=1")});
  ASSERT_EQ(latest.at("value").size(), 1U);
  EXPECT_EQ(latest.at("value")[0].at("name"), "10");
  EXPECT_EQ(ask_json({.address = arm("data/iris/versions")}).at("value").size(), 3U);
  EXPECT_EQ(refusal({.address = arm("data/absent")}).status, 404);
  EXPECT_TRUE(ask_json({.address = arm("data/absent/versions")}).at("value").empty());
}

TEST_F(DataAssetsTest, List_IsPagedAndLeavesArchivedOut) {
  auto archived = folder();
  archived["isArchived"] = true;
  ask(put("gone", "1", archived));
  for (auto const* name : {"a", "b", "c"}) ask(put(name, "1", folder()));
  auto const first = ask_json({.address = arm("data", "$top=2")});
  ASSERT_EQ(first.at("value").size(), 2U);
  EXPECT_EQ(first.at("value")[0].at("name"), "a");
  auto const second = ask_json({.address = local_part(first.at("nextLink"))});
  ASSERT_EQ(second.at("value").size(), 1U);
  EXPECT_FALSE(second.contains("nextLink"));
  EXPECT_EQ(ask_json({.address = arm("data", "listViewType=ArchivedOnly")}).at("value")[0].at("name"), "gone");
  EXPECT_EQ(ask_json({.address = arm("data", "listViewType=All")}).at("value").size(), 4U);
}

TEST_F(DataAssetsTest, PathOfAVersion_CannotBeChangedButItsLabelsCan) {
  ask(put("iris", "1", folder()));
  EXPECT_THAT(refusal(put("iris", "1", folder("azureml://datastores/workspaceblobstore/paths/other"))).message,
              HasSubstr("Asset paths cannot be updated."));
  auto file = folder();
  file["dataType"] = "uri_file";
  EXPECT_EQ(refusal(put("iris", "1", file)).status, 400);
  auto same = folder(
      "azureml://subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/local/workspaces/local/datastores/"
      "workspaceblobstore/paths/a/b/");
  same["description"] = "new";
  same["isArchived"] = true;
  auto const changed = ask_json(put("iris", "1", same)).at("properties");
  EXPECT_EQ(changed.at("description"), "new");
  EXPECT_EQ(changed.at("isArchived"), true);
  EXPECT_EQ(changed.at("dataUri"), "azureml://datastores/workspaceblobstore/paths/a/b");
}

TEST_F(DataAssetsTest, Addresses_AreNormalisedAndChecked) {
  int number = 0;
  auto const kept = [&](std::string const& uri) {
    return ask_json(put("d" + std::to_string(number++), "1", folder(uri)), 201)
        .at("properties")
        .at("dataUri")
        .get<std::string>();
  };
  EXPECT_EQ(kept("https://bla"), "https://bla/");
  EXPECT_EQ(kept("https://bla/a/"), "https://bla/a/");
  EXPECT_EQ(kept("azureml://datastores/d/paths/a/b/"), "azureml://datastores/d/paths/a/b");
  EXPECT_EQ(kept("wasbs://c@a.blob.core.windows.net/x"), "wasbs://c@a.blob.core.windows.net/x");
  for (auto const* uri :
       {"", "x", "/etc/passwd", "azureml://datastores/d/paths/../../x", "azureml:other:1", "azureml://"}) {
    auto const error = refusal(put("bad", "1", folder(uri)));
    EXPECT_EQ(error.status, 400) << uri;
    EXPECT_THAT(error.message, HasSubstr("dataUri")) << uri;
  }
  auto const unknown = refusal(put("bad", "1", {{"dataType", "parquet"}, {"dataUri", "https://x/"}}));
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(refusal(put("-bad", "1", folder())).status, 400);
  EXPECT_EQ(refusal(put("bad", "1", {{"dataType", "uri_file"}, {"dataUri", "https://x/"}, {"extra", 1}}))
                    .details.at(0)
                    .second.find("'extra'") == std::string::npos,
            false);
  EXPECT_TRUE(store_->list_data_versions("bad").empty());
}

TEST_F(DataAssetsTest, AssetIds_AreResolvedToLongAddresses) {
  ask(put("iris", "1", folder()));
  auto const id = "azureml://locations/local/workspaces/" + identity_.workspace_id + "/data/iris/versions/1";
  auto const address = std::string("/data/v1.0") + kScope + "/dataversion/batchGetResolvedUris";
  auto const reply = ask_json({.method = "POST", .address = address, .body = json{{"values", {id}}}.dump()});
  EXPECT_EQ(reply.at("values").at(id).at("uri"),
            "azureml://subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/local/workspaces/local/"
            "datastores/workspaceblobstore/paths/a/b");
  EXPECT_EQ(reply.at("values").at(id).at("type"), "uri_folder");
  EXPECT_EQ(refusal({.method = "POST", .address = address, .body = json{{"values", {id + "0"}}}.dump()}).status, 404);
  for (auto const* body : {R"({"values":["x"]})", R"({"values":[1]})", R"({"values":1})", "[]"}) {
    EXPECT_EQ(refusal({.method = "POST", .address = address, .body = body}).status, 400) << body;
  }
}

}  // namespace
}  // namespace azureml::engine::routes
