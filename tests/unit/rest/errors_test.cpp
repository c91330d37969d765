#include "rest/errors.hpp"
#include "unit/rest/rest_fixture.hpp"

namespace azureml::rest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StrEq;

struct Errors : RestTest {
  ServiceError failing(std::string body, int status, http::Headers headers = {{"Content-Type", "application/json"}}) {
    fake.transport->reply(status, std::move(body), std::move(headers));
    for (int i = 0; i < 4; ++i) fake.transport->reply(status, body, headers);
    http::Request request{.url = workspace};
    return thrown<ServiceError>([&] { send(connection, request, "get run 'x'", {}); });
  }
};

TEST_F(Errors, ResourceManager_CodeMessageDetailsAndInnerCode) {
  auto const error = failing(R"({"error":{"code":"UserError","message":"Request is invalid.","details":[
      {"code":"RequestInvalid","message":"Could not find member 'a'.","details":[{"code":"Deeper","message":"still","details":[]}]},
      {"code":"RequestInvalid","message":"Could not find member 'b'."}],
      "additionalInfo":[{"type":"ComponentName","info":{"value":"managementfrontend"}},
        {"type":"InnerError","info":{"value":{"code":"NotFound","innerError":{"code":"JobNotFound","innerError":null}}}}]}})",
                             409, {{"x-ms-correlation-request-id", "6f3"}});
  EXPECT_STREQ(error.what(),
               "cannot get run 'x': 409 UserError: Request is invalid.; RequestInvalid: Could not find member 'a'.; "
               "Deeper: still; "
               "RequestInvalid: Could not find member 'b'. (request id 6f3)");
  EXPECT_EQ(error.status(), 409);
  EXPECT_EQ(error.code(), "UserError");
  EXPECT_EQ(error.inner_code(), "JobNotFound");
  EXPECT_EQ(error.request_id(), "6f3");
  EXPECT_FALSE(error.retryable());
}

TEST_F(Errors, DataPlane_InnerErrorAndCorrelationOfTheBody) {
  auto const error = failing(
      R"({"error":{"code":"UserError","severity":null,"message":"no","details":[],"innerError":{"code":"NotFoundError","innerError":null},
      "debugInfo":null,"additionalInfo":null},"correlation":{"operation":"o","request":"r7"},"componentName":"RunHistory"})",
      400);
  EXPECT_EQ(error.inner_code(), "NotFoundError");
  EXPECT_EQ(error.request_id(), "r7");
}

TEST_F(Errors, NotFound_IsItsOwnKind) {
  fake.transport->reply(404, R"({"error":{"code":"UserError","message":"Job x not found."}})");
  auto const error = thrown<NotFoundError>([&] { get_job(connection, "x", {}); });
  EXPECT_THAT(error.what(), HasSubstr("cannot get run 'x': 404 UserError: Job x not found."));
  EXPECT_TRUE(error.available().empty());
}

TEST_F(Errors, Unauthorized_IsAnAuthenticationError) {
  fake.transport->reply(401,
                        R"({"error":{"code":"InvalidAuthenticationToken","message":"The access token is invalid."}})");
  auto const error = thrown<AuthenticationError>([&] { get_job(connection, "x", {}); });
  EXPECT_THAT(error.what(), HasSubstr("InvalidAuthenticationToken: The access token is invalid.; sign in again"));
}

TEST_F(Errors, Forbidden_IsAServiceError) {
  EXPECT_EQ(
      failing(R"({"error":{"code":"AuthorizationFailed","message":"The client has no authorization"}})", 403).code(),
      "AuthorizationFailed");
}

TEST_F(Errors, BlobXml_IsRead) {
  auto const error = failing(
      "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>AuthenticationFailed</Code><Message>Server "
      "failed &lt;it&gt; &amp;amp;"
      "\nRequestId:1\nTime:2</Message></Error>",
      403, {{"x-ms-request-id", "b1"}, {"Content-Type", "application/xml"}});
  EXPECT_STREQ(error.what(), "cannot get run 'x': 403 AuthenticationFailed: Server failed <it> &amp; (request id b1)");
  EXPECT_EQ(error.code(), "AuthenticationFailed");
}

TEST_F(Errors, CodeInAHeaderOnly_IsRead) {
  auto const error = failing("", 409, {{"x-ms-error-code", "BlobAlreadyExists"}});
  EXPECT_EQ(error.code(), "BlobAlreadyExists");
  EXPECT_STREQ(error.what(), "cannot get run 'x': 409 BlobAlreadyExists");
}

TEST_F(Errors, HtmlBody_IsStillAServiceError) {
  auto const error = failing("<html><body>Bad Gateway</body></html>", 502, {{"Content-Type", "text/html"}});
  EXPECT_EQ(error.status(), 502);
  EXPECT_TRUE(error.retryable());
  EXPECT_STREQ(error.what(), "cannot get run 'x': 502: the answer was an HTML page, not an error of the service");
}

class OddBody : public Errors, public testing::WithParamInterface<char const*> {};
TEST_P(OddBody, IsStillAServiceErrorWithItsStatus) {
  auto const error = failing(GetParam(), 400);
  EXPECT_EQ(error.status(), 400);
  EXPECT_THAT(error.what(), HasSubstr("cannot get run 'x': 400"));
}
INSTANTIATE_TEST_SUITE_P(
    All, OddBody,
    testing::Values(
        "", "{", "[]", "null", "7", R"("text")", "{}", R"({"error":null})", R"({"error":[]})",
        R"({"error":{"code":7,"message":{"a":1}}})",
        R"({"error":{"details":"x","additionalInfo":{"a":1},"innerError":[]}})", R"({"Message":"old style"})",
        "<Error><Code>", "\xff\xfe{",
        R"({"error":{"code":"A","message":"m","details":[null,7,{"code":null}],"additionalInfo":[null,{"type":"InnerError"}]}})"));

TEST_F(Errors, OauthShape_IsRead) {
  auto const error =
      failing(R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret."})", 400);
  EXPECT_EQ(error.code(), "invalid_client");
  EXPECT_THAT(error.what(), HasSubstr("AADSTS7000215"));
}

TEST_F(Errors, Redirect_IsAnErrorThatSaysSo) {
  EXPECT_THAT(failing("", 302, {{"Location", "https://login.example/"}}).what(),
              HasSubstr("302: a redirect, which is never followed"));
}

TEST_F(Errors, Secrets_AreInNeitherMessageNorBody) {
  auto const error = failing(
      R"({"error":{"code":"E","message":"bad https://a.blob.core.windows.net/c?sig=TOPSECRET&sv=1 and Bearer TOPTOKEN"}})",
      400);
  for (auto const& text : {std::string(error.what()), error.body()}) {
    EXPECT_THAT(text, Not(HasSubstr("TOPSECRET")));
    EXPECT_THAT(text, Not(HasSubstr("TOPTOKEN")));
  }
  EXPECT_THAT(error.body(), HasSubstr("sig=***"));
}

TEST_F(Errors, LongBody_IsCutAtACharacter) {
  std::string message;
  while (message.size() < 20'000) message += "ü";
  auto const error = failing(R"({"error":{"code":"E","message":")" + message + R"("}})", 400);
  EXPECT_LE(error.body().size(), 8192U);
  EXPECT_LE(std::string(error.what()).size(), 2200U);
  EXPECT_NE(static_cast<unsigned char>(error.body().back()), 0xC3);
  EXPECT_THAT(error.what(), HasSubstr("ü…"));
}

TEST_F(Errors, ManyDetails_AreBounded) {
  std::string details;
  for (int i = 0; i < 100; ++i) details += std::string(i ? "," : "") + R"({"code":"D","message":"m"})";
  auto const reading = read_error(
      {.status = 400, .headers = {}, .body = R"({"error":{"code":"E","message":"m","details":[)" + details + "]}}"});
  EXPECT_EQ(reading.details.size(), 20U);
}

TEST_F(Errors, DeepNesting_IsBounded) {
  std::string body = R"({"code":"bottom"})";
  for (int i = 0; i < 1000; ++i) body = R"({"code":"c","innerError":)" + body + "}";
  EXPECT_EQ(read_error({.status = 400, .headers = {}, .body = R"({"error":)" + body + "}"}).inner_code, "c");
}

TEST_F(Errors, MessageOfSeveralLines_BecomesOneSentence) {
  EXPECT_STREQ(failing(R"({"error":{"code":"E","message":"first\nsecond\u0007\n"}})", 400).what(),
               "cannot get run 'x': 400 E: first second");
}

class RetryableError : public Errors, public testing::WithParamInterface<int> {};
TEST_P(RetryableError, SaysThatItMayWorkLater) {
  EXPECT_TRUE(failing("{}", GetParam()).retryable());
}
INSTANTIATE_TEST_SUITE_P(All, RetryableError, testing::Values(408, 429, 500, 502, 503, 504));

TEST_F(Errors, SuccessThatIsNoJson_BreaksTheProtocol) {
  answer("<html>Sign in to the hotel's network</html>", 200, {{"Content-Type", "text/html"}});
  auto const error = thrown<TransportError>([&] { get_job(connection, "x", {}); });
  EXPECT_THAT(error.what(), HasSubstr("answered 200 with an HTML page instead of a JSON object"));
}

TEST_F(Errors, SuccessWithoutANeededMember_NamesIt) {
  answer(R"({"properties":{"discoveryUrl":null}})");
  EXPECT_THAT(thrown<TransportError>([&] { get_workspace(connection, {}); }).what(), HasSubstr("'discoveryUrl'"));
}

}  // namespace
}  // namespace azureml::rest
