#include "unit/http/pipelines.hpp"

#include <gmock/gmock.h>

namespace azureml::http {
namespace {

using test::get;
using testing::MatchesRegex;

TEST(RequestIdPolicy, Attempts_ShareOneId) {
  test::FakePipeline pipeline;
  pipeline.transport->reply(500).reply(200).reply(200);
  pipeline.send(get());
  pipeline.send(get());
  auto const first = pipeline.transport->request(0).header("x-ms-client-request-id");
  EXPECT_THAT(first, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"));
  EXPECT_EQ(pipeline.transport->request(1).header("x-ms-client-request-id"), first);
  EXPECT_NE(pipeline.transport->request(2).header("x-ms-client-request-id"), first);
}

TEST(RequestIdPolicy, IdOfTheCaller_IsKept) {
  test::FakePipeline pipeline;
  pipeline.transport->reply(200);
  auto request = get();
  request.headers["X-MS-Client-Request-Id"] = "mine";
  pipeline.send(request);
  EXPECT_EQ(pipeline.transport->request(0).header("x-ms-client-request-id"), "mine");
}

TEST(ClientNamePolicy, Agent_SaysLibraryAndPlatform) {
  test::FakePipeline pipeline;
  pipeline.transport->reply(200);
  pipeline.send(get());
  EXPECT_THAT(pipeline.transport->request(0).header("User-Agent"),
              MatchesRegex(R"(azureml-cpp/[0-9]+\.[0-9]+\.[0-9]+ \(Linux; [^)]+\))"));
}

TEST(ClientNamePolicy, Application_ComesFirstOnOneLine) {
  test::FakePipeline pipeline;
  pipeline.options.user_agent = "my\r\nApp/2";
  pipeline.transport->reply(200);
  pipeline.send(get());
  EXPECT_THAT(pipeline.transport->request(0).header("User-Agent"), MatchesRegex("my__App/2 azureml-cpp/.*"));
}

}  // namespace
}  // namespace azureml::http
