#include "transfer/transfer.hpp"
#include "unit/transfer/blob_pipeline.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

namespace azureml::transfer {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using namespace std::chrono_literals;

struct ReadFrom : ::testing::Test {
  test::BlobPipeline blobs{};
  test::BlobServer& server = *blobs.server;
  std::string got{};

  RangeResult read(std::uint64_t offset, std::optional<std::chrono::milliseconds> wait = {},
                   std::string const& known_status = {}) {
    return read_from(blobs.pipeline, test::BlobServer::url("log"), offset, wait, known_status,
                     [this](std::string_view piece) { got += piece; }, {});
  }
  void answer(int status, http::Headers headers, std::string body = {}) {
    server.before([=](auto const&) -> std::optional<http::Response> {
      return http::Response{.status = status, .headers = headers, .body = body};
    });
  }
};

TEST_F(ReadFrom, NewBytes_AreGivenFromTheOffsetOn) {
  server.put("log", "0123456789");
  auto const result = read(4);
  EXPECT_EQ(result.status, 206);
  EXPECT_EQ(result.bytes, 6U);
  EXPECT_FALSE(result.shrank);
  EXPECT_EQ(got, "456789");
  auto const request = server.requests().at(0);
  EXPECT_EQ(request.header("Range"), "bytes=4-");
  EXPECT_EQ(request.header("Prefer"), "");
  EXPECT_EQ(request.auth, http::AuthKind::none);
}

TEST_F(ReadFrom, NoneYet_Is416WithoutError) {
  server.put("log", "0123");
  auto const result = read(4);
  EXPECT_EQ(result.status, 416);
  EXPECT_EQ(result.bytes, 0U);
  EXPECT_FALSE(result.shrank);
}

TEST_F(ReadFrom, EmptyLog_Is416WithoutError) {
  server.put("log", "");
  auto const result = read(0);
  EXPECT_EQ(result.status, 416);
  EXPECT_FALSE(result.shrank);
}

TEST_F(ReadFrom, LogShorterThanTheOffset_HasShrunk) {
  server.put("log", "012");
  EXPECT_TRUE(read(4).shrank);
  server.ignore_ranges();
  EXPECT_TRUE(read(4).shrank);
  EXPECT_FALSE(read(3).shrank);
  EXPECT_EQ(got, "");
}

TEST_F(ReadFrom, ServerIgnoresTheRange_GivesNoByteBeforeTheOffset) {
  server.put("log", std::string(2500, 'a') + "new");
  server.ignore_ranges();
  auto const result = read(2500);
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.bytes, 3U);
  EXPECT_EQ(got, "new");
}

TEST_F(ReadFrom, RangeBeginsEarlier_GivesNoByteBeforeTheOffset) {
  answer(206, {{"Content-Range", "bytes 2-6/7"}, {"ETag", "\"1\""}}, "23456");
  EXPECT_EQ(read(4).bytes, 3U);
  EXPECT_EQ(got, "456");
}

TEST_F(ReadFrom, RangeBeginsLaterOrIsNone_IsATransportError) {
  answer(206, {{"Content-Range", "bytes 6-6/7"}}, "6");
  EXPECT_THROW(read(4), TransportError);
  answer(206, {{"Content-Range", "nonsense"}}, "6");
  EXPECT_THROW(read(4), TransportError);
  answer(206, {}, "6");
  EXPECT_THROW(read(4), TransportError);
  EXPECT_EQ(got, "");
}

TEST_F(ReadFrom, ConnectionLostInTheMiddle_EveryByteOnce) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += std::to_string(1000 + i);
  server.put("log", text);
  server.cut_next_body_after(1500);
  server.cut_next_body_after(700);
  auto const result = read(100);
  EXPECT_EQ(result.bytes, text.size() - 100);
  EXPECT_EQ(got, text.substr(100));
  EXPECT_THAT(server.requests(), SizeIs(3));
}

TEST_F(ReadFrom, ConnectionLostAndRangeIgnored_EveryByteOnce) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += std::to_string(1000 + i);
  server.put("log", text);
  server.ignore_ranges();
  server.cut_next_body_after(1500);
  EXPECT_EQ(read(100).bytes, text.size() - 100);
  EXPECT_EQ(got, text.substr(100));
}

TEST_F(ReadFrom, ReceiverThrows_ReachesTheCallerAndIsNotRepeated) {
  server.put("log", "0123");
  EXPECT_THROW(read_from(blobs.pipeline, test::BlobServer::url("log"), 0, {}, {},
                         [](std::string_view) { throw std::out_of_range("full"); }, {}),
               std::out_of_range);
  EXPECT_THAT(server.requests(), SizeIs(1));
}

TEST_F(ReadFrom, Wait_IsAskedForInWholeSecondsAndTheAttemptMayTakeThatLonger) {
  server.put("log", "0123");
  read(4, 1500ms, "Running");
  auto const request = server.requests().at(0);
  EXPECT_EQ(request.header("Prefer"), "wait=2");
  EXPECT_EQ(request.header("x-azureml-known-status"), "Running");
  ASSERT_TRUE(request.attempt_timeout.has_value());
  EXPECT_EQ(*request.attempt_timeout, 102s);
}

TEST_F(ReadFrom, NoWait_AsksForNone) {
  server.put("log", "0123");
  read(4, 0ms, "Running");
  EXPECT_EQ(server.requests().at(0).header("Prefer"), "");
  EXPECT_EQ(server.requests().at(0).header("x-azureml-known-status"), "");
  EXPECT_FALSE(server.requests().at(0).attempt_timeout.has_value());
}

TEST_F(ReadFrom, RunStatus_IsToldWithAndWithoutBytes) {
  answer(206, {{"Content-Range", "bytes 0-0/1"}, {"x-azureml-run-status", "Running"}, {"ETag", "\"1\""}}, "x");
  EXPECT_EQ(read(0).run_status, "Running");
  answer(416, {{"Content-Range", "bytes */1"}, {"x-azureml-run-status", "Completed"}});
  EXPECT_EQ(read(1).run_status, "Completed");
}

TEST_F(ReadFrom, ExpiredOrNotThere_IsAStatusAndNoError) {
  answer(403, {}, "<Error/>");
  EXPECT_EQ(read(0).status, 403);
  answer(404, {});
  EXPECT_EQ(read(0).status, 404);
}

TEST_F(ReadFrom, OtherFailures_AreErrors) {
  answer(500, {{"x-ms-error-code", "InternalError"}});
  try {
    read(0);
    FAIL();
  } catch (ServiceError const& error) {
    EXPECT_EQ(error.status(), 500);
    EXPECT_TRUE(error.retryable());
    EXPECT_THAT(error.what(), HasSubstr("InternalError"));
  }
  EXPECT_THAT(server.requests(), SizeIs(5)) << "tried again as often as is allowed";
}

}  // namespace
}  // namespace azureml::transfer
