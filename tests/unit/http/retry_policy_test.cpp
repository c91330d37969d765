#include "base/time.hpp"
#include "unit/http/pipelines.hpp"

#include <azureml/error.hpp>

#include <gtest/gtest.h>

#include <set>

namespace azureml::http {
namespace {

using namespace std::chrono_literals;
using test::get;
using test::post;

TEST(RetryPolicy, ThrottledWithRetryAfter_WaitsThatLongAndTriesAgain) {
  test::FakePipeline pipeline;
  pipeline.transport->reply(429, "", {{"Retry-After", "7"}}).reply(200, "fine");
  auto const response = pipeline.send(get());
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "fine");
  EXPECT_EQ(pipeline.clock.slept(), 7s);
  EXPECT_EQ(pipeline.transport->requests().size(), 2U);
}

TEST(RetryPolicy, ThrottledWithDate_WaitsUntilThen) {
  test::FakePipeline pipeline;
  pipeline.clock.set_now(base::from_http_date("Fri, 27 Mar 2026 04:03:26 GMT").value());
  pipeline.transport->reply(503, "", {{"Retry-After", "Fri, 27 Mar 2026 04:03:36 GMT"}}).reply(200);
  EXPECT_EQ(pipeline.send(get()).status, 200);
  EXPECT_EQ(pipeline.clock.slept(), 10s);
}

class RetryableStatus : public testing::TestWithParam<int> {};
TEST_P(RetryableStatus, IdempotentRequest_IsSentAgain) {
  test::FakePipeline pipeline;
  pipeline.transport->reply(GetParam()).reply(200);
  EXPECT_EQ(pipeline.send(get()).status, 200);
  EXPECT_EQ(pipeline.clock.slept(), 800ms);
}
TEST_P(RetryableStatus, OtherRequest_IsNot) {
  test::FakePipeline pipeline;
  pipeline.transport->reply(GetParam(), "", {{"Retry-After", "1"}});
  EXPECT_EQ(pipeline.send(post()).status, GetParam());
  EXPECT_EQ(pipeline.transport->requests().size(), 1U);
  EXPECT_EQ(pipeline.clock.slept(), 0s);
}
INSTANTIATE_TEST_SUITE_P(All, RetryableStatus, testing::Values(408, 429, 500, 502, 503, 504));

class FinalStatus : public testing::TestWithParam<int> {};
TEST_P(FinalStatus, IdempotentRequest_IsNotSentAgain) {
  test::FakePipeline pipeline;
  pipeline.transport->reply(GetParam(), "", {{"Retry-After", "1"}});
  EXPECT_EQ(pipeline.send(get()).status, GetParam());
  EXPECT_EQ(pipeline.transport->requests().size(), 1U);
}
INSTANTIATE_TEST_SUITE_P(All, FinalStatus,
                         testing::Values(200, 201, 202, 204, 206, 302, 304, 400, 403, 404, 409, 412, 416, 501, 505));

TEST(RetryPolicy, NoAnswer_IdempotentRequestIsSentAgain) {
  test::FakePipeline pipeline;
  pipeline.transport->lose().lose().reply(200);
  EXPECT_EQ(pipeline.send(get()).status, 200);
  EXPECT_EQ(pipeline.clock.waits(), (std::vector<std::chrono::nanoseconds>{800ms, 1600ms}));
}

TEST(RetryPolicy, NoAnswer_OtherRequestFails) {
  test::FakePipeline pipeline;
  pipeline.transport->lose();
  EXPECT_THROW(pipeline.send(post()), TransportError);
  EXPECT_EQ(pipeline.transport->requests().size(), 1U);
}

TEST(RetryPolicy, FailureThatWouldComeAgain_IsNotRetried) {
  test::FakePipeline pipeline;
  pipeline.transport->reply(200, "0123456789");
  auto request = get();
  request.body_max = 5;
  EXPECT_THROW(pipeline.send(request), TransportError);
  EXPECT_EQ(pipeline.transport->requests().size(), 1U);
}

TEST(RetryPolicy, EveryAttemptFails_EndsWithTheLastAnswerAfterTheMostAttempts) {
  test::FakePipeline pipeline;
  pipeline.options.retry.attempts_max = 3;
  pipeline.transport->reply(500).reply(502).reply(503, "third");
  auto const response = pipeline.send(get());
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "third");
  EXPECT_EQ(pipeline.transport->requests().size(), 3U);
}

TEST(RetryPolicy, NeverAnAnswer_EndsWithTheLastErrorAfterTheMostAttempts) {
  test::FakePipeline pipeline;
  pipeline.transport->otherwise([](auto const&) -> Response { throw std::logic_error("asked too often"); });
  for (int i = 0; i < 5; ++i) pipeline.transport->lose();
  EXPECT_THROW(pipeline.send(get()), TransportError);
  EXPECT_EQ(pipeline.transport->requests().size(), 5U);
}

TEST(RetryPolicy, Waits_DoubleUpToTheLongest) {
  test::FakePipeline pipeline;
  pipeline.options.retry = {.attempts_max = 6, .delay_first = 1s, .delay_max = 5s, .jitter = [] { return 1.0; }};
  pipeline.transport->otherwise([](auto const&) { return Response{.status = 500}; });
  EXPECT_EQ(pipeline.send(get()).status, 500);
  EXPECT_EQ(pipeline.clock.waits(), (std::vector<std::chrono::nanoseconds>{1s, 2s, 4s, 5s, 5s}));
}

TEST(RetryPolicy, Jitter_ScalesTheWholeWait) {
  test::FakePipeline pipeline;
  double fraction = 0.0;
  pipeline.options.retry.jitter = [&fraction] { return std::exchange(fraction, 0.25); };
  pipeline.transport->reply(500).reply(500).reply(200);
  EXPECT_EQ(pipeline.send(get()).status, 200);
  EXPECT_EQ(pipeline.clock.waits(), (std::vector<std::chrono::nanoseconds>{0ms, 400ms}));
}

TEST(RetryPolicy, DefaultJitter_StaysWithinTheWait) {
  test::FakePipeline pipeline;
  pipeline.options.retry.jitter = {};
  for (int i = 0; i < 50; ++i) {
    pipeline.transport->reply(500).reply(200);
    EXPECT_EQ(pipeline.send(get()).status, 200);
  }
  std::set<std::chrono::nanoseconds> different;
  for (auto const wait : pipeline.clock.waits()) {
    EXPECT_GE(wait, 0ms);
    EXPECT_LT(wait, 800ms);
    different.insert(wait);
  }
  EXPECT_GT(different.size(), 5U);
}

TEST(RetryPolicy, WaitBeyondTheTotal_EndsAtOnceWithTheAnswer) {
  test::FakePipeline pipeline;
  pipeline.options.retry.total_max = 60s;
  pipeline.transport->reply(429, "", {{"Retry-After", "61"}});
  EXPECT_EQ(pipeline.send(get()).status, 429);
  EXPECT_EQ(pipeline.clock.slept(), 0s);
}

TEST(RetryPolicy, TimeOfAttempts_CountsTowardsTheTotal) {
  test::FakePipeline pipeline;
  pipeline.options.retry.total_max = 60s;
  pipeline.transport->reply([&](auto const&) {
    pipeline.clock.advance(59s);
    return Response{.status = 503, .headers = {{"Retry-After", "2"}}};
  });
  EXPECT_EQ(pipeline.send(get()).status, 503);
  EXPECT_EQ(pipeline.transport->requests().size(), 1U);
}

TEST(RetryPolicy, StopDuringTheWait_EndsItAtOnce) {
  test::FakePipeline pipeline;
  std::stop_source stop;
  pipeline.clock.on_wait([&](auto) { stop.request_stop(); });
  pipeline.transport->reply(429, "", {{"Retry-After", "30"}});
  try {
    pipeline.send(get(), {.stop = stop.get_token(), .timeout = {}});
    FAIL() << "not stopped";
  } catch (StoppedError const& error) {
    EXPECT_FALSE(error.timed_out());
    EXPECT_NE(std::string(error.what()).find("429"), std::string::npos) << error.what();
  }
  EXPECT_EQ(pipeline.clock.slept(), 0s);
  EXPECT_EQ(pipeline.transport->requests().size(), 1U);
}

TEST(RetryPolicy, StoppedBeforehand_SendsNothing) {
  test::FakePipeline pipeline;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(pipeline.send(get(), {.stop = stop.get_token(), .timeout = {}}), StoppedError);
  EXPECT_TRUE(pipeline.transport->requests().empty());
}

TEST(RetryPolicy, Deadline_IsForTheWholeCall) {
  test::FakePipeline pipeline;
  pipeline.transport->reply([&](auto const&) {
    pipeline.clock.advance(6s);
    return Response{.status = 429, .headers = {{"Retry-After", "3"}}};
  });
  pipeline.transport->reply(200);
  EXPECT_EQ(pipeline.send(get(), within(10s)).status, 200);
  EXPECT_EQ(pipeline.transport->request(0).context.timeout, 10s);
  EXPECT_EQ(pipeline.transport->request(1).context.timeout, 1s);
}

TEST(RetryPolicy, WaitBeyondTheDeadline_IsTimedOutAndNamesTheAnswer) {
  test::FakePipeline pipeline;
  pipeline.transport->reply(503, "", {{"Retry-After", "30"}});
  try {
    pipeline.send(get(), within(10s));
    FAIL() << "not stopped";
  } catch (StoppedError const& error) {
    EXPECT_TRUE(error.timed_out());
    EXPECT_NE(std::string(error.what()).find("503"), std::string::npos) << error.what();
  }
}

TEST(RetryPolicy, StaleConnection_IdempotentRequestIsRepeatedAtOnce) {
  test::FakePipeline pipeline;
  pipeline.transport->close_stale().reply(200);
  EXPECT_EQ(pipeline.send(get()).status, 200);
  EXPECT_EQ(pipeline.clock.slept(), 0s);
}

TEST(RetryPolicy, StaleConnection_OtherRequestFails) {
  test::FakePipeline pipeline;
  pipeline.transport->close_stale();
  EXPECT_THROW(pipeline.send(post()), TransportError);
}

TEST(RetryPolicy, AlwaysStale_IsBounded) {
  test::FakePipeline pipeline;
  for (int i = 0; i < 21; ++i) pipeline.transport->close_stale();  // 16 repeats at once and 5 attempts
  EXPECT_THROW(pipeline.send(get()), TransportError);
  EXPECT_EQ(pipeline.transport->left(), 0U);
}

TEST(RetryPolicy, StreamedBody_IsRewoundBeforeEachAttempt) {
  test::FakePipeline pipeline;
  pipeline.transport->reply(500).lose().reply(201);
  auto request = get();
  request.method = "PUT";
  auto const source = std::make_shared<test::StringSource>("all of it");
  request.source = source;
  EXPECT_EQ(pipeline.send(request).status, 201);
  for (auto const& sent : pipeline.transport->requests()) EXPECT_EQ(sent.body, "all of it");
  EXPECT_EQ(source->rewinds, 3);
}

TEST(RetryPolicy, SinkOfASecondAttempt_BeginsAnew) {
  struct Sink final : BodySink {
    void begin(Response const&) override {
      ++begins;
      text.clear();
    }
    void write(std::string_view piece) override { text += piece; }
    int begins = 0;
    std::string text;
  };
  test::FakePipeline pipeline;
  pipeline.transport->lose_after("hello w").reply(200, "hello world");
  auto request = get();
  auto const sink = std::make_shared<Sink>();
  request.sink = sink;
  EXPECT_EQ(pipeline.send(request).body, "");
  EXPECT_EQ(sink->begins, 2);
  EXPECT_EQ(sink->text, "hello world");
}

}  // namespace
}  // namespace azureml::http
