// The transport over real sockets, against a server that does what servers do on bad days.
#include "http/connection_errors.hpp"
#include "http/pipeline.hpp"
#include "support/mock_server.hpp"
#include "support/sanitizers.hpp"
#include "unit/http/pipelines.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <latch>
#include <set>
#include <thread>

namespace azureml::http {
namespace {

using namespace std::chrono_literals;
using test::MockReply;
using test::MockRequest;
using test::MockServer;
using testing::HasSubstr;
using testing::Not;

struct TransportTest : testing::Test {
  MockServer server;
  std::shared_ptr<Transport> transport = make_cpprest_transport(30s);

  [[nodiscard]] Request to(std::string const& method, std::string const& target) const {
    return {.method = method, .url = server.url() + target, .headers = {}, .idempotent = true};
  }
  Response send(Request const& request, Context const& context = {}) const { return transport->send(request, context); }

  template <class E = TransportError>
  std::string error_of(Request const& request, Context const& context = {}) const {
    try {
      auto const response = send(request, context);
      ADD_FAILURE() << "no error but " << response.status;
    } catch (E const& error) {
      return error.what();
    }
    return {};
  }
};

struct CollectingSink final : BodySink {
  void begin(Response const& head) override {
    status = head.status;
    if (throw_at_begin) throw std::runtime_error("no room");
  }
  void write(std::string_view piece) override {
    size += piece.size();
    sum = test::body_sum(piece, sum);
    threads.insert(std::this_thread::get_id());
    largest = std::max(largest, piece.size());
    if (on_write) on_write();
  }
  int status = 0;
  bool throw_at_begin = false;
  std::uint64_t size = 0, sum = test::body_sum({});
  std::size_t largest = 0;
  std::set<std::thread::id> threads{};
  std::function<void()> on_write{};
};

/// Bytes made as they are read, as MockReply::streamed has them.
struct StreamSource final : BodySource {
  explicit StreamSource(std::uint64_t length) : length_(length) {}
  [[nodiscard]] std::uint64_t size() const override { return length_; }
  std::size_t read(std::span<char> buffer) override {
    threads.insert(std::this_thread::get_id());
    if (fail_at && at >= *fail_at) throw std::runtime_error("the disk is gone");
    auto const count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), length_ - at));
    for (std::size_t i = 0; i < count; ++i) buffer[i] = test::stream_byte(at + i);
    at += count;
    return count;
  }
  void rewind() override { at = 0; }
  std::uint64_t at = 0;
  std::optional<std::uint64_t> fail_at{};
  std::set<std::thread::id> threads{};

 private:
  std::uint64_t length_;
};

std::uint64_t stream_sum(std::uint64_t length) {
  auto sum = test::body_sum({});
  for (std::uint64_t at = 0; at < length; ++at) {
    char const byte = test::stream_byte(at);
    sum = test::body_sum({&byte, 1}, sum);
  }
  return sum;
}

/// The most memory the process has had since `reset_peak`, in KiB.
long peak_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  }
  return 0;
}
void expect_growth_below(long before, long limit) {
  if (!test::kIsSanitized) {
    EXPECT_LT(peak_kib() - before, limit);
  }
}
void reset_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

/// A port on which nothing listens, held by us so that nobody else gets it.
struct DeadPort {
  DeadPort() : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0) throw std::runtime_error("bind");
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) throw std::runtime_error("getsockname");
    port = ntohs(address.sin_port);
  }
  ~DeadPort() { ::close(fd); }
  DeadPort(DeadPort const&) = delete;
  DeadPort& operator=(DeadPort const&) = delete;
  int fd, port = 0;
};

TEST_F(TransportTest, Get_BringsStatusHeadersAndBody) {
  server.on("GET", "/a", MockReply{.status = 200, .headers = {{"x-ms-request-id", "r1"}}, .body = "hello"});
  auto const response = send(to("GET", "/a"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(response.headers.at("X-MS-Request-ID"), "r1");
  auto const asked = server.requests().at(0);
  EXPECT_EQ(asked.header("Accept-Encoding"), "");
  EXPECT_EQ(asked.header("Content-Length"), "");
  EXPECT_EQ(asked.header("Content-Type"), "");
  EXPECT_EQ(asked.header("Authorization"), "");
}

TEST_F(TransportTest, Target_ArrivesAsItWasWritten) {
  server.on("GET", "*", MockReply{});
  for (std::string const target : {"/a%2Fb//c?sig=x%2By%3D&$skip=1&e=", "/", "/?a=b", "/acct/c/a%20b%C3%A9.txt",
                                   "/a/../b", "/q?x=1?y=2", "/p;v=1/~u,(x)!'*?st=2026-03-27T04:02:32Z"}) {
    send(to("GET", target));
    EXPECT_EQ(server.requests().back().target, target);
  }
}

TEST_F(TransportTest, UrlWithoutPath_AsksForTheRoot) {
  server.on("GET", "/", MockReply{.body = "root"});
  EXPECT_EQ(send(to("GET", "")).body, "root");
}

TEST_F(TransportTest, Body_IsSentWithItsLengthAndType) {
  server.on("PUT", "/a", MockReply{.status = 201});
  auto request = to("PUT", "/a");
  request.body = R"({"a":1})";
  request.headers["Content-Type"] = "application/json";
  EXPECT_EQ(send(request).status, 201);
  auto const asked = server.requests().at(0);
  EXPECT_EQ(asked.body, R"({"a":1})");
  EXPECT_EQ(asked.header("Content-Length"), "7");
  EXPECT_EQ(asked.header("Content-Type"), "application/json");
  EXPECT_EQ(asked.header("Transfer-Encoding"), "");
}

TEST_F(TransportTest, EmptyPost_SaysLengthZero) {
  server.on("POST", "/a", MockReply{});
  send(to("POST", "/a"));
  EXPECT_EQ(server.requests().at(0).header("Content-Length"), "0");
  EXPECT_EQ(server.requests().at(0).header("Content-Type"), "");
}

TEST_F(TransportTest, Head_HasALengthAndNoBody) {
  server.on("HEAD", "/a", MockReply{.status = 200, .body = "0123456789"});
  auto const response = send(to("HEAD", "/a"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-length"), "10");
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(send(to("HEAD", "/a")).status, 200);
}

TEST_F(TransportTest, NoContentAndNotModified_HaveNoBody) {
  server.on("DELETE", "/a", MockReply{.status = 204})
      .on("GET", "/b", MockReply{.status = 304, .headers = {{"Content-Length", "99"}}});
  EXPECT_EQ(send(to("DELETE", "/a")).status, 204);
  EXPECT_EQ(send(to("GET", "/b")).status, 304);
}

TEST_F(TransportTest, ErrorStatus_IsANormalAnswer) {
  server.on("GET", "/a", test::html_reply(502));
  auto const response = send(to("GET", "/a"));
  EXPECT_EQ(response.status, 502);
  EXPECT_THAT(response.body, HasSubstr("Bad Gateway"));
}

TEST_F(TransportTest, Chunked_IsReadWhole) {
  server.on("GET", "/a", MockReply{.streamed = 600'000, .chunked = true});
  EXPECT_EQ(test::body_sum(send(to("GET", "/a")).body), stream_sum(600'000));
}

TEST_F(TransportTest, BodyUntilTheConnectionEnds_IsReadWhole) {
  server.on("GET", "/a", MockReply{.body = "all of it", .without_length = true});
  EXPECT_EQ(send(to("GET", "/a")).body, "all of it");
}

TEST_F(TransportTest, Redirect_IsNotFollowed) {
  MockServer other;
  server.on("GET", "/a", MockReply{.status = 302, .headers = {{"Location", other.url() + "/stolen"}}});
  auto request = to("GET", "/a");
  request.headers["Authorization"] = "Bearer secret";
  EXPECT_EQ(send(request).status, 302);
  EXPECT_TRUE(other.requests().empty());
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(TransportTest, BigBodies_AreStreamedInBoundedMemory) {
  constexpr std::uint64_t kSize = 64 << 20;
  auto const expected = stream_sum(kSize);
  server.on("PUT", "/up", MockReply{.status = 201}).on("GET", "/down", MockReply{.streamed = kSize});
  server.keep_of_bodies(0);
  reset_peak();
  auto const before = peak_kib();

  auto up = to("PUT", "/up");
  auto const source = std::make_shared<StreamSource>(kSize);
  up.source = source;
  EXPECT_EQ(send(up).status, 201);
  auto const got = server.requests().at(0);
  EXPECT_EQ(got.body_size, kSize);
  EXPECT_EQ(got.body_sum, expected);
  EXPECT_EQ(source->threads, std::set{std::this_thread::get_id()});

  auto down = to("GET", "/down");
  auto const sink = std::make_shared<CollectingSink>();
  down.sink = sink;
  auto const response = send(down);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(sink->size, kSize);
  EXPECT_EQ(sink->sum, expected);
  EXPECT_LE(sink->largest, 2U << 20);
  EXPECT_EQ(sink->threads, std::set{std::this_thread::get_id()});
  expect_growth_below(before, 24 << 10);
}

TEST_F(TransportTest, SlowSink_HoldsTheServerBack) {
  constexpr std::uint64_t kSize = 64 << 20;
  server.on("GET", "/down", MockReply{.streamed = kSize}).on("GET", "/after", [&](MockRequest const&) {
    return MockReply{};
  });
  auto request = to("GET", "/down");
  auto const sink = std::make_shared<CollectingSink>();
  reset_peak();
  auto const before = peak_kib();
  // While the first piece is being written, another request goes through: no pool thread waits for the sink.
  bool first = true;
  sink->on_write = [&] {
    if (std::exchange(first, false)) {
      EXPECT_EQ(send(to("GET", "/after")).status, 200);
    }
  };
  request.sink = sink;
  EXPECT_EQ(send(request).status, 200);
  EXPECT_EQ(sink->size, kSize);
  expect_growth_below(before, 24 << 10);
}

TEST_F(TransportTest, EmptySource_IsAnEmptyBody) {
  server.on("PUT", "/a", MockReply{.status = 201});
  auto request = to("PUT", "/a");
  request.source = std::make_shared<StreamSource>(0);
  EXPECT_EQ(send(request).status, 201);
  EXPECT_EQ(server.requests().at(0).header("Content-Length"), "0");
}

TEST_F(TransportTest, SourceThatEndsEarly_IsAnError) {
  struct Short final : BodySource {
    [[nodiscard]] std::uint64_t size() const override { return 100; }
    std::size_t read(std::span<char>) override { return 0; }
    void rewind() override {}
  };
  server.on("PUT", "/a", MockReply{.status = 201});
  auto request = to("PUT", "/a");
  request.source = std::make_shared<Short>();
  EXPECT_THAT(error_of(request), HasSubstr("after 0 of the 100 bytes"));
}

TEST_F(TransportTest, SourceThatThrows_EndsTheRequestWithItsException) {
  server.on("PUT", "/a", MockReply{.status = 201});
  auto request = to("PUT", "/a");
  auto const source = std::make_shared<StreamSource>(8 << 20);
  source->fail_at = 2 << 20;
  request.source = source;
  try {
    send(request);
    FAIL() << "no error";
  } catch (std::runtime_error const& error) {
    EXPECT_STREQ(error.what(), "the disk is gone");
  }
  EXPECT_EQ(send(to("PUT", "/a")).status, 201);
}

TEST_F(TransportTest, SinkThatThrows_EndsTheRequestWithItsException) {
  server.on("GET", "/a", MockReply{.streamed = 8 << 20});
  auto request = to("GET", "/a");
  auto const sink = std::make_shared<CollectingSink>();
  sink->on_write = [] { throw std::runtime_error("the disk is full"); };
  request.sink = sink;
  EXPECT_THROW(send(request), std::runtime_error);
  auto const early = std::make_shared<CollectingSink>();
  early->throw_at_begin = true;
  request.sink = early;
  EXPECT_THROW(send(request), std::runtime_error);
  EXPECT_EQ(early->size, 0U);
}

TEST_F(TransportTest, ErrorAnswerWithASink_ComesAsBody) {
  server.on("GET", "/a", MockReply{.status = 404, .body = "not here"});
  auto request = to("GET", "/a");
  auto const sink = std::make_shared<CollectingSink>();
  request.sink = sink;
  EXPECT_EQ(send(request).body, "not here");
  EXPECT_EQ(sink->status, 0);
}

TEST_F(TransportTest, EmptyAnswerWithASink_BeginsAllTheSame) {
  server.on("GET", "/a", MockReply{.status = 206});
  auto request = to("GET", "/a");
  auto const sink = std::make_shared<CollectingSink>();
  request.sink = sink;
  EXPECT_EQ(send(request).status, 206);
  EXPECT_EQ(sink->status, 206);
}

TEST_F(TransportTest, AnswerLongerThanAllowed_IsAnError) {
  server.on("GET", "/a", MockReply{.streamed = 4 << 20}).on("GET", "/b", MockReply{.body = "12345"});
  auto request = to("GET", "/a");
  request.body_max = 100'000;
  EXPECT_THAT(error_of(request), HasSubstr("longer than the 100000 bytes"));
  auto exact = to("GET", "/b");
  exact.body_max = 5;
  EXPECT_EQ(send(exact).body, "12345");
}

TEST_F(TransportTest, ShorterThanPromised_IsAnError) {
  server.on("GET", "/a", MockReply{.body = "half", .declared = 100});
  EXPECT_THAT(error_of(to("GET", "/a")), HasSubstr("ended in the middle of the answer"));
  server.on("GET", "/big", MockReply{.streamed = 5 << 20, .cut_after = 3 << 20});
  auto request = to("GET", "/big");
  auto const sink = std::make_shared<CollectingSink>();
  request.sink = sink;
  EXPECT_THAT(error_of(request), HasSubstr("ended in the middle of the answer"));
  EXPECT_LE(sink->size, 3U << 20);
}

TEST_F(TransportTest, ChunkedAndCut_IsAnError) {
  server.on("GET", "/a", MockReply{.streamed = 900'000, .cut_after = 500'000, .chunked = true});
  EXPECT_THAT(error_of(to("GET", "/a")), HasSubstr("ended in the middle of the answer"));
}

TEST_F(TransportTest, ResetInTheMiddle_SaysSo) {
  server.on("GET", "/a", MockReply{.streamed = 5 << 20, .cut_after = 3 << 20, .reset = true});
  EXPECT_THAT(error_of(to("GET", "/a")), HasSubstr("reset in the middle of the answer"));
}

TEST_F(TransportTest, NoAnswer_SaysSo) {
  server.on("GET", "/a", MockReply{.no_answer = true});
  auto const text = error_of(to("GET", "/a?sig=secret"));
  EXPECT_THAT(text, HasSubstr("without an answer"));
  EXPECT_THAT(text, HasSubstr("GET " + server.url() + "/a?sig=***"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST_F(TransportTest, NotHttp_IsAnErrorThatWouldComeAgain) {
  server.on("GET", "/a", MockReply{.raw = "SSH-2.0-OpenSSH_9.2\r\n\r\n"});
  try {
    send(to("GET", "/a"));
    FAIL() << "no error";
  } catch (TransportError const& error) {
    EXPECT_THAT(error.what(), HasSubstr("not HTTP"));
    EXPECT_FALSE(error.retryable());
  }
}

TEST_F(TransportTest, Refused_IsTold) {
  DeadPort const dead;
  Request const request{.url = "http://127.0.0.1:" + std::to_string(dead.port) + "/a"};
  auto const text = error_of<ConnectionRefusedError>(request);
  EXPECT_THAT(text, HasSubstr("refused"));
}

TEST_F(TransportTest, UnknownHost_IsTold) {
  EXPECT_THAT(error_of({.url = "http://no-such-host.invalid/a"}), HasSubstr("cannot be resolved"));
}

TEST_F(TransportTest, TlsToAPlainServer_IsTold) {
  server.on("GET", "/a", MockReply{});
  EXPECT_THAT(error_of({.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/a"}), HasSubstr("TLS"));
}

TEST_F(TransportTest, BadRequests_AreRefusedBeforeAnythingIsSent) {
  EXPECT_THROW(send({.url = "ftp://127.0.0.1/a"}), TransportError);
  EXPECT_THROW(send({.url = "/a"}), TransportError);
  EXPECT_THROW(send({.url = server.url() + "/a b"}), TransportError);
  EXPECT_THROW(send({.method = "GET /x HTTP/1.1\r\nX: y", .url = server.url()}), TransportError);
  auto request = to("GET", "/a");
  request.headers["X-Name"] = "a\r\nX-Other: b";
  EXPECT_THAT(error_of(request), HasSubstr("X-Name"));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(TransportTest, Connection_IsKeptForLaterRequests) {
  server.on("*", "*", MockReply{.body = "x"});
  for (int i = 0; i < 5; ++i) send(to("GET", "/a"));
  for (int i = 0; i < 5; ++i) send(to("PUT", "/a"));
  // An answer may be told of a moment before its connection is free again.
  EXPECT_LT(server.connections(), 10);
}

TEST_F(TransportTest, KeptConnectionClosedByTheServer_IsNoFailureForIdempotentRequests) {
  server.on("*", "*", MockReply{.body = "x", .close = true});
  PipelineOptions options;
  options.transport = transport;
  options.retry.attempts_max = 1;
  Pipeline const pipeline(options);
  for (int i = 0; i < 5; ++i) {
    auto put = to("PUT", "/a");
    put.body = "small";
    EXPECT_EQ(pipeline.send(put, {}).status, 200);
    auto big = to("PUT", "/a");
    big.source = std::make_shared<StreamSource>(3 << 20);
    EXPECT_EQ(pipeline.send(big, {}).status, 200);
    EXPECT_EQ(pipeline.send(to("GET", "/a"), {}).status, 200);
  }
  EXPECT_EQ(server.requests().size(), 15U);
}

TEST_F(TransportTest, ManyKeptConnectionsClosedAtOnce_AreNoFailure) {
  std::atomic<bool> closing = false;
  server.on("*", "*", [&](MockRequest const&) { return MockReply{.body = "x", .close = closing}; });
  PipelineOptions options;
  options.transport = transport;
  options.retry.attempts_max = 1;
  Pipeline const pipeline(options);
  auto const many = [&] {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 12; ++i) {
      threads.emplace_back([&] {
        auto put = to("PUT", "/a");
        put.body = "small";
        EXPECT_EQ(pipeline.send(put, {}).status, 200);
      });
    }
  };
  many();
  closing = true;
  many();
  for (int i = 0; i < 3; ++i) many();
}

TEST_F(TransportTest, ConnectionLostWhileTheSocketsStillTook_IsToldApartFromALongUpload) {
  server.on("*", "*", MockReply{});
  auto const lost_after = [&](std::uint64_t bytes) {
    server.cut_upload("PUT", "/a", bytes);
    auto put = to("PUT", "/a");
    put.source = std::make_shared<StreamSource>(64 << 20);
    return put;
  };
  EXPECT_THROW(send(lost_after(2 << 20)), StaleConnectionError);
  auto const late = lost_after(32 << 20);
  try {
    send(late);
    FAIL() << "no error";
  } catch (StaleConnectionError const& error) {
    FAIL() << error.what();
  } catch (TransportError const& error) {
    EXPECT_TRUE(error.retryable());
  }
  EXPECT_EQ(server.cut_uploads(), 2);
}

TEST_F(TransportTest, KeptConnectionClosedByTheServer_OtherRequestsAreNeverSentTwice) {
  server.on("*", "*", MockReply{.body = "x", .close = true});
  int failed = 0;
  for (int i = 0; i < 6; ++i) {
    auto post = to("POST", "/a");
    post.idempotent = false;
    try {
      send(post);
    } catch (StaleConnectionError const&) {
      ++failed;
    }
  }
  EXPECT_EQ(server.requests().size() + static_cast<std::size_t>(failed), 6U);
}

TEST_F(TransportTest, Stop_EndsTheWaitForAnAnswer) {
  server.on("GET", "/held", MockReply{.hold = true}).on("GET", "/a", MockReply{});
  std::stop_source stop;
  std::jthread const stopper([&] {
    server.wait_for_requests(1);
    stop.request_stop();
  });
  try {
    send(to("GET", "/held"), {.stop = stop.get_token(), .timeout = {}});
    FAIL() << "not stopped";
  } catch (StoppedError const& error) {
    EXPECT_FALSE(error.timed_out());
  }
  server.release();
  EXPECT_EQ(send(to("GET", "/a")).status, 200);
}

TEST_F(TransportTest, StopInTheMiddleOfABody_EndsIt) {
  server.on("GET", "/a", MockReply{.streamed = 256 << 20});
  std::stop_source stop;
  auto request = to("GET", "/a");
  auto const sink = std::make_shared<CollectingSink>();
  sink->on_write = [&] { stop.request_stop(); };
  request.sink = sink;
  EXPECT_THROW(send(request, {.stop = stop.get_token(), .timeout = {}}), StoppedError);
  EXPECT_LE(sink->size, 4U << 20);
}

TEST_F(TransportTest, ManyStoppedInTheMiddleOfTheirBodies_LeaveTheOthersGoing) {
  server.on("GET", "/a", MockReply{.streamed = 256 << 20}).on("PUT", "/a", MockReply{}).on("GET", "/b", MockReply{});
  for (int round = 0; round < 5; ++round) {
    std::stop_source stop;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
          auto request = to(i % 2 == 0 ? "GET" : "PUT", "/a");
          auto const sink = std::make_shared<CollectingSink>();
          sink->on_write = [&] { stop.request_stop(); };
          if (i % 2 == 0)
            request.sink = sink;
          else
            request.source = std::make_shared<StreamSource>(256 << 20);
          EXPECT_THROW(send(request, {.stop = stop.get_token(), .timeout = {}}), StoppedError);
        });
      }
    }
    ASSERT_EQ(send(to("GET", "/b"), within(60s)).status, 200);
  }
}

TEST_F(TransportTest, Deadline_EndsTheWaitForAnAnswer) {
  server.on("GET", "/held", MockReply{.hold = true});
  try {
    send(to("GET", "/held"), within(50ms));
    FAIL() << "not stopped";
  } catch (StoppedError const& error) {
    EXPECT_TRUE(error.timed_out());
  }
}

TEST_F(TransportTest, AttemptWithoutProgress_IsLost) {
  server.on("GET", "/held", MockReply{.hold = true});
  auto request = to("GET", "/held");
  request.attempt_timeout = 50ms;
  try {
    send(request);
    FAIL() << "no error";
  } catch (TransportError const& error) {
    EXPECT_THAT(error.what(), HasSubstr("no progress"));
    EXPECT_TRUE(error.retryable());
  }
}

TEST_F(TransportTest, ManyThreads_ShareOneTransport) {
  server.on("PUT", "/*", [](MockRequest const& request) { return MockReply{.body = request.path + request.body}; });
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 20; ++i) {
          auto request = to("PUT", "/" + std::to_string(t) + "-" + std::to_string(i));
          request.body = "body" + std::to_string(i);
          right += send(request).body == "/" + std::to_string(t) + "-" + std::to_string(i) + "body" + std::to_string(i);
        }
      });
    }
  }
  EXPECT_EQ(right, 160);
}

TEST_F(TransportTest, TransportDestroyedAfterAStop_LeavesNothingBehind) {
  server.on("GET", "/held", MockReply{.hold = true});
  for (int i = 0; i < 5; ++i) {
    auto const short_lived = make_cpprest_transport(30s);
    EXPECT_THROW(short_lived->send(to("GET", "/held"), within(10ms)), StoppedError);
  }
}

TEST_F(TransportTest, Pool_HasTwoThreads) {
  server.on("GET", "/a", MockReply{});
  send(to("GET", "/a"));
  int threads = 0;
  for ([[maybe_unused]] auto const& entry : std::filesystem::directory_iterator("/proc/self/task")) ++threads;
  // This one, the server's acceptor and its connection, the library's two and the resolver's one.
  EXPECT_LE(threads, 7);
}

}  // namespace
}  // namespace azureml::http
