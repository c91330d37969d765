#include "rest/json_reading.hpp"
#include "rest/requests.hpp"
#include "unit/rest/rest_fixture.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {
namespace {

TEST(JsonReading, AbsentNullAndWrongType_AreNotSaid) {
  auto const object = Json::parse(
      R"({"null":null,"object":{},"array":[1],"text":"a","number":7,"half":1.5,"yes":true,"big":99999999999})");
  for (auto const* name : {"absent", "null", "object", "array"}) EXPECT_EQ(text(object, name), "") << name;
  EXPECT_EQ(text(object, "text"), "a");
  EXPECT_EQ(text(object, "number"), "7");
  EXPECT_EQ(text(object, "yes"), "true");
  EXPECT_EQ(integer(object, "number"), 7);
  for (auto const* name : {"absent", "null", "text", "half", "yes", "big"})
    EXPECT_EQ(integer(object, name), std::nullopt) << name;
  EXPECT_TRUE(flag(object, "yes"));
  for (auto const* name : {"absent", "null", "text", "number"}) EXPECT_FALSE(flag(object, name)) << name;
  EXPECT_EQ(time(object, "text"), std::nullopt);
  EXPECT_TRUE(member(Json(7), "a").is_null());
  EXPECT_TRUE(member(Json(), "a").is_null());
}

TEST(JsonReading, Map_TakesNumbersAndLeavesNulls) {
  auto const object = Json::parse(R"({"m":{"a":"x","b":null,"c":2,"d":{"e":1}},"n":null,"l":["a"]})");
  EXPECT_EQ(string_map(object, "m"), (StringMap{{"a", "x"}, {"c", "2"}, {"d", R"({"e":1})"}}));
  EXPECT_TRUE(string_map(object, "n").empty());
  EXPECT_TRUE(string_map(object, "l").empty());
}

TEST(JsonReading, TextThatIsNoUtf8_IsWrittenWithReplacements) {
  EXPECT_EQ(dump(Json("a\xff")), "\"a\xEF\xBF\xBD\"");
}

struct Addresses : RestTest {};

TEST_F(Addresses, Arm_HasTheVersionAndEncodesTheRest) {
  EXPECT_EQ(arm_url(connection, "/jobs/x"), workspace + "/jobs/x?api-version=2024-04-01");
  EXPECT_EQ(arm_url(connection, "/jobs", {{"tag", "a b=c&d"}, {"$skip", "1"}}),
            workspace + "/jobs?api-version=2024-04-01&tag=a%20b%3Dc%26d&$skip=1");
  connection.resource_manager += "/";
  connection.api_version = "2025-12-01";
  EXPECT_EQ(arm_url(connection, ""), workspace + "?api-version=2025-12-01");
}

TEST_F(Addresses, Plane_HasNoVersionParameter) {
  EXPECT_EQ(plane_url(connection, "https://eastus2.api.azureml.ms/", "history/v1.0", "/runs/r"),
            "https://eastus2.api.azureml.ms/history/v1.0" + connection.workspace_path + "/runs/r");
}

TEST_F(Addresses, IdInABody_IsNotEncoded) {
  connection.workspace_path =
      "/subscriptions/s/resourceGroups/r%28g%29/providers/Microsoft.MachineLearningServices/workspaces/ws";
  EXPECT_EQ(
      arm_id(connection, "computes", "cpu"),
      "/subscriptions/s/resourceGroups/r(g)/providers/Microsoft.MachineLearningServices/workspaces/ws/computes/cpu");
}

TEST_F(Addresses, Segment_KeepsNothingThatCouldEscape) {
  EXPECT_EQ(segment("a/../b?c#d%"), "a%2F..%2Fb%3Fc%23d%25");
  EXPECT_EQ(segments("outputs/a b.txt"), "outputs/a%20b.txt");
}

}  // namespace
}  // namespace azureml::rest
