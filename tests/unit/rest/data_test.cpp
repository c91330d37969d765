#include "unit/rest/rest_fixture.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {
namespace {

using nlohmann::json;

struct DataAssets : RestTest {};

TEST_F(DataAssets, Get_ReadsAVersion) {
  answer(
      R"({"id":"/ws/data/table/versions/3","name":"3","properties":{"dataType":"uri_file","dataUri":"azureml://datastores/d/paths/t.csv",
    "description":null,"tags":{"a":"b"},"properties":null,"isAnonymous":false,"isArchived":false}})");
  auto const found = get_data(connection, "table", "3", {});
  EXPECT_EQ(asked().url, workspace + "/data/table/versions/3?api-version=2024-04-01");
  EXPECT_EQ(found.id, "/ws/data/table/versions/3");
  EXPECT_EQ(found.name, "table");
  EXPECT_EQ(found.version, "3");
  EXPECT_EQ(found.type, "uri_file");
  EXPECT_EQ(found.uri, "azureml://datastores/d/paths/t.csv");
  EXPECT_EQ(found.tags, (StringMap{{"a", "b"}}));
}

TEST_F(DataAssets, Latest_IsWhatTheContainerSays) {
  answer(R"({"id":"/ws/data/table","name":"table","properties":{"latestVersion":"12","nextVersion":"13"}})");
  EXPECT_EQ(get_latest_data_version(connection, "table", {}), "12");
  EXPECT_EQ(asked().url, workspace + "/data/table?api-version=2024-04-01");
  answer(R"({"id":"/ws/data/table","properties":{"latestVersion":null}})");
  EXPECT_THROW(get_latest_data_version(connection, "table", {}), TransportError);
  answer(R"({"error":{"code":"UserError","message":"Not found"}})", 404);
  EXPECT_THROW(get_latest_data_version(connection, "table", {}), NotFoundError);
}

TEST_F(DataAssets, Put_SendsWhatIsSet) {
  answer(R"({"id":"/ws/data/table/versions/1","properties":{"dataType":"uri_folder","dataUri":"https://h/x/"}})", 201);
  auto const made =
      put_data(connection,
               {.name = "table", .version = "1", .type = "uri_folder", .uri = "https://h/x", .tags = {{"a", "b"}}}, {});
  EXPECT_EQ(asked().method, "PUT");
  EXPECT_EQ(asked().url, workspace + "/data/table/versions/1?api-version=2024-04-01");
  EXPECT_EQ(json::parse(asked().body), (json{{"properties",
                                              {{"dataType", "uri_folder"},
                                               {"dataUri", "https://h/x"},
                                               {"isAnonymous", false},
                                               {"isArchived", false},
                                               {"tags", {{"a", "b"}}}}}}));
  EXPECT_EQ(made.uri, "https://h/x/");
}

}  // namespace
}  // namespace azureml::rest
