// The transfers over real connections to a server that shares no code with them.
#include "http/pipeline.hpp"
#include "support/fake_clock.hpp"
#include "support/mock_server.hpp"
#include "transfer/transfer.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <thread>

namespace azureml::transfer {
namespace {

using test::MockReply;
using ::testing::SizeIs;

struct Wire : ::testing::Test {
  test::MockServer server{};
  test::FakeClock clock{};
  http::Pipeline pipeline{[this] {
    http::PipelineOptions options;
    options.clock = &clock;
    return options;
  }()};
};

TEST_F(Wire, ReadFrom_TornRangeGivesEveryByteOnce) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i);
  auto const range = "bytes 10-" + std::to_string(text.size() - 1) + "/" + std::to_string(text.size());
  MockReply reply{.status = 206,
                  .headers = {{"Content-Range", range}, {"x-azureml-run-status", "Running"}, {"ETag", "\"1\""}},
                  .body = text.substr(10)};
  server.on("GET", "/c/log", reply);
  reply.cut_after = 100'000;
  server.once("GET", "/c/log", reply);
  std::string got;
  auto const result = read_from(pipeline, server.url() + "/c/log", 10, std::chrono::seconds(2), "Queued",
                                [&](std::string_view piece) { got += piece; }, {});
  EXPECT_TRUE(got == text.substr(10));
  EXPECT_EQ(result.bytes, text.size() - 10);
  EXPECT_EQ(result.run_status, "Running");
  auto const requests = server.requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[1].header("Range"), "bytes=10-");
  EXPECT_EQ(requests[1].header("Prefer"), "wait=2");
}

TEST_F(Wire, ReadFrom_HeldAndStoppedReturnsAtOnce) {
  server.on("GET", "/c/log", MockReply{.status = 416, .hold = true});
  std::stop_source stop;
  std::jthread const stopper([&] {
    server.wait_for_requests(1);
    stop.request_stop();
  });
  EXPECT_THROW(read_from(pipeline, server.url() + "/c/log", 10, std::chrono::seconds(20), "Running",
                         [](std::string_view) {}, {.stop = stop.get_token()}),
               StoppedError);
}

}  // namespace
}  // namespace azureml::transfer
