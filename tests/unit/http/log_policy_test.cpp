#include "unit/http/pipelines.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

namespace azureml::http {
namespace {

using test::get;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

struct Log : testing::Test {
  test::FakePipeline pipeline;
  std::vector<std::string> lines;
  void at(logging::Level level) {
    pipeline.options.logger = logging::Logger::to_sink(
        "http", level, [this](logging::Level, std::string_view, std::string_view text) { lines.emplace_back(text); });
    pipeline.options.token = [](bool, Context const&) { return "secret-token"; };
  }
  [[nodiscard]] std::string all() const {
    std::string result;
    for (auto const& line : lines) result += line + "\n";
    return result;
  }
};

TEST_F(Log, Debug_HasOneLineForEachAttempt) {
  at(logging::Level::debug);
  pipeline.transport->reply([this](auto const&) {
    pipeline.clock.advance(std::chrono::milliseconds(12));
    return Response{.status = 200, .body = "the body"};
  });
  auto request = get("https://management.azure.com/runs/1?api-version=2024-04-01&sig=hidden");
  request.headers["x-ms-client-request-id"] = "abc";
  request.body = "sent";
  pipeline.send(request);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0],
            "GET https://management.azure.com/runs/1?api-version=2024-04-01&sig=*** 200 in 12 ms (request id abc)");
}

TEST_F(Log, Retry_SaysWhyAndHowLong) {
  at(logging::Level::debug);
  pipeline.transport->reply(503, "", {{"Retry-After", "2"}}).reply(200);
  pipeline.send(get());
  EXPECT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines, Contains(HasSubstr("the answer was 503; again in 2000 ms")));
}

TEST_F(Log, Failure_IsLoggedAndThrown) {
  at(logging::Level::debug);
  pipeline.transport->lose();
  EXPECT_THROW(pipeline.send(test::post()), TransportError);
  EXPECT_THAT(lines, Contains(HasSubstr("failed (")));
}

TEST_F(Log, Trace_ShowsHarmlessHeadersOnly) {
  at(logging::Level::trace);
  pipeline.transport->reply(200, "", {{"Content-Type", "text/plain"}, {"Set-Cookie", "c=secret-cookie"}});
  pipeline.send(get());
  EXPECT_THAT(all(), HasSubstr("Content-Type: text/plain"));
  EXPECT_THAT(all(), HasSubstr("User-Agent: azureml-cpp"));
  EXPECT_THAT(all(), Not(HasSubstr("secret-token")));
  EXPECT_THAT(all(), Not(HasSubstr("secret-cookie")));
}

TEST_F(Log, Info_IsSilent) {
  at(logging::Level::info);
  pipeline.transport->reply(500).reply(200);
  pipeline.send(get());
  EXPECT_TRUE(lines.empty());
}

}  // namespace
}  // namespace azureml::http
