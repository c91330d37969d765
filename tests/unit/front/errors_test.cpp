#include "engine/front/errors.hpp"

#include "base/time.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace azureml::tests {
namespace {

using namespace engine::front;
using engine::routes::ApiError;
using engine::routes::Plane;
using nlohmann::json;
using nlohmann::ordered_json;

ErrorContext a_context() {
  return {.operation_id = "9518a5120e841c6a36af896acafd0355",
          .request_id = "2632b07b9427daef0000000000000000",
          .path = "/history/v1.0/x",
          .now = base::from_iso8601("2026-03-27T04:03:33.406421Z").value()};
}

ordered_json recorded(std::string const& name) {
  return ordered_json::parse(std::ifstream{std::string{AZUREML_TEST_DATA} + "/front/" + name + ".json"});
}

/// Replaces what every deployment says for itself by what an engine says.
void settle(ordered_json& body) {
  for (auto& entry : body.at("error").at("additionalInfo")) {
    auto& value = entry.at("info").at("value");
    if (entry.at("type") == "Environment" || entry.at("type") == "Location") value = "local";
    if (entry.at("type") == "Time") value = "2026-03-27T04:03:33.406421+00:00";
    if (entry.at("type") == "Correlation")
      value = {{"operation", "9518a5120e841c6a36af896acafd0355"}, {"request", "2632b07b9427daef"}};
  }
}

TEST(ErrorFactory, UnknownMember_IsWordForWordWhatTheServiceSaid) {
  auto wanted = recorded("unknown_member_400");
  settle(wanted["body"]);
  auto const text = [](char const* position) {
    return "Could not find member 'assetVersion' on object of type 'UriFolderJobOutput'. Path 'assetVersion', line 1, "
           "position " +
           std::string{position} + ".";
  };
  auto const reply = make_error_reply(Plane::arm,
                                      {.status = 400,
                                       .code = "UserError",
                                       .message = "Request is invalid and/or missing fields.",
                                       .inner = {"RequestInvalid"},
                                       .details = {{"RequestInvalid", text("604")}, {"RequestInvalid", text("705")}}},
                                      a_context());
  EXPECT_EQ(reply.status, wanted["status"]);
  EXPECT_EQ(reply.body, wanted["body"].dump(2));  // The order and the layout too.
  EXPECT_EQ(reply.headers.at("Content-Type"), wanted["headers"]["Content-Type"].get<std::string>());
  EXPECT_EQ(reply.headers.at("x-ms-response-type"), wanted["headers"]["x-ms-response-type"].get<std::string>());
}

TEST(ErrorFactory, JobNotFound_AsRecorded_ButForTheTemplateOfItsMessage) {
  auto wanted = recorded("job_not_found_404");
  settle(wanted["body"]);
  auto& info = wanted["body"]["error"]["additionalInfo"];
  info.erase(info.end() - 1);  // MessageParameters: the engine's messages are whole.
  info.back()["info"]["value"] = "Job test_872291224787 not found.";
  auto const reply = make_error_reply(Plane::arm,
                                      {.status = 404,
                                       .code = "UserError",
                                       .message = "Job test_872291224787 not found.",
                                       .inner = {"NotFound", "JobNotFound"}},
                                      a_context());
  EXPECT_EQ(reply.status, wanted["status"]);
  EXPECT_EQ(reply.body, wanted["body"].dump(2));
}

TEST(ErrorFactory, DataPlane_HasEveryMemberAndNestsTheInnerError) {
  auto const reply = make_error_reply(
      Plane::data,
      {.status = 404, .code = "UserError", .message = "Run x not found.", .inner = {"NotFoundError", "RunNotFound"}},
      a_context());
  auto const expected = ordered_json::parse(
      R"({"error":{"code":"UserError","severity":null,"message":"Run x not found.","messageFormat":null,
    "messageParameters":null,"referenceCode":null,"detailsUri":null,"target":null,"details":[],
    "innerError":{"code":"NotFoundError","innerError":{"code":"RunNotFound","innerError":null}},"debugInfo":null,"additionalInfo":null},
    "correlation":{"operation":"9518a5120e841c6a36af896acafd0355","request":"2632b07b9427daef"},"environment":"local","location":"local",
    "time":"2026-03-27T04:03:33.406421+00:00","componentName":"RunHistory"})");
  EXPECT_EQ(reply.body, expected.dump(2));
}

TEST(ErrorFactory, Blob_IsXmlWithTheCodeInAHeaderToo) {
  auto const reply = make_error_reply(
      Plane::blob, {.status = 404, .code = "BlobNotFound", .message = "No <blob> & nothing."}, a_context());
  EXPECT_EQ(reply.headers.at("x-ms-error-code"), "BlobNotFound");
  EXPECT_EQ(reply.headers.at("Content-Type"), "application/xml");
  EXPECT_EQ(reply.body,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>BlobNotFound</Code><Message>No &lt;blob&gt; &amp; "
            "nothing.\n"
            "RequestId:2632b07b9427daef0000000000000000\nTime:2026-03-27T04:03:33.406421Z</Message></Error>");
}

TEST(ErrorFactory, FrontDoorAndEngine_CodeAndMessageAlone) {
  auto context = a_context();
  auto const expected = json::parse(R"({"error":{"code":"C","message":"M"}})");
  EXPECT_EQ(json::parse(make_error_reply(Plane::engine, {.code = "C", .message = "M"}, context).body), expected);
  context.front_door = true;
  EXPECT_EQ(json::parse(make_error_reply(Plane::arm, {.code = "C", .message = "M"}, context).body), expected);
}

TEST(ErrorFactory, InvalidUtf8AndOwnHeaders_GoThrough) {
  auto const reply = make_error_reply(
      Plane::arm, {.status = 429, .message = "bad \xFF byte", .headers = {{"Retry-After", "7"}}}, a_context());
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.headers.at("retry-after"), "7");
  EXPECT_EQ(json::parse(reply.body).at("error").at("message"), "bad \xEF\xBF\xBD byte");
}

}  // namespace
}  // namespace azureml::tests
