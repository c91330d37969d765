#include "engine/front/listener.hpp"

#include "unit/front/front_fixture.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace azureml::tests {
namespace {

using namespace std::chrono_literals;
using engine::front::Operation;
using engine::front::ServerLimits;
using engine::routes::Reply;
using engine::routes::Request;

Operation hello() {
  return open_route("GET", "/engine/hi", [](Request const&) { return Reply{.body = "{}"}; });
}

Operation echo() {
  return open_route("POST", "/engine/echo", [](Request const& request) { return Reply{.body = request.body}; });
}

std::string get_line(std::string const& target) {
  return "GET " + target + " HTTP/1.1\r\n";
}

TEST(Listener, KeepAlive_SeveralRequestsOnOneConnection) {
  FrontFixture front{{hello(), echo()}};
  RawClient client{front.port()};
  for (int i = 0; i < 3; ++i) {
    client.send("POST /engine/echo HTTP/1.1\r\n" + front.host() + "Content-Length: 3\r\n\r\nab" + std::to_string(i));
    auto const response = client.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "ab" + std::to_string(i));
    EXPECT_EQ(response->headers.at("connection"), "keep-alive");
  }
}

TEST(Listener, Pipelined_AnswersInOrder) {
  FrontFixture front{{hello(), echo()}};
  RawClient client{front.port()};
  client.send("POST /engine/echo HTTP/1.1\r\n" + front.host() + "Content-Length: 3\r\n\r\none" +
              "POST /engine/echo HTTP/1.1\r\n" + front.host() +
              "Transfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n" + get_line("/engine/hi") + front.host() +
              "Connection: close\r\n\r\n");
  EXPECT_EQ(client.read().value().body, "one");
  EXPECT_EQ(client.read().value().body, "two");
  auto const last = client.read().value();
  EXPECT_EQ(last.body, "{}");
  EXPECT_EQ(last.headers.at("connection"), "close");
  EXPECT_TRUE(client.closed_within());
}

TEST(Listener, HandlerRunsOnTheStoreThread) {
  std::atomic<std::thread::id> seen{};
  FrontFixture front{{open_route("GET", "/engine/where", [&](Request const&) {
    seen = std::this_thread::get_id();
    return Reply{};
  })}};
  EXPECT_EQ(ask(front.port(), "GET", "/engine/where").status, 200);
  EXPECT_EQ(seen.load(), front.store().id());
}

TEST(Listener, HeaderTooLarge_Is431AndCloses) {
  FrontFixture front{{hello()}};
  RawClient client{front.port()};
  client.send(get_line("/engine/hi") + front.host() + "X-Big: " + std::string(70'000, 'x') + "\r\n\r\n");
  auto const response = client.read();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 431);
  EXPECT_EQ(response->headers.at("connection"), "close");
  EXPECT_TRUE(client.closed_within());
}

TEST(Listener, HeaderJustBelowTheLimit_IsAnswered) {
  FrontFixture front{{hello()}};
  EXPECT_EQ(ask(front.port(), "GET", "/engine/hi", "X-Big: " + std::string(60'000, 'x') + "\r\n").status, 200);
}

TEST(Listener, AnnouncedBodyTooLarge_Is413BeforeReading) {
  FrontFixture front{{echo()}, ServerLimits{.json_body_max = 1000}};
  RawClient client{front.port()};
  client.send("POST /engine/echo HTTP/1.1\r\n" + front.host() + "Content-Length: 100000000\r\n\r\n");
  auto const response = client.read();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 413);
  EXPECT_EQ(response->headers.at("connection"), "close");
}

TEST(Listener, ChunkedBodyTooLarge_Is413AsSoonAsItIsExceeded) {
  FrontFixture front{{echo()}, ServerLimits{.json_body_max = 1000}};
  RawClient client{front.port()};
  client.send("POST /engine/echo HTTP/1.1\r\n" + front.host() + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" +
              std::string(1000, 'a') + "\r\n1\r\nb\r\n");  // No end: the answer must not wait for one.
  auto const response = client.read();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 413);
}

TEST(Listener, ChunkedBodyAtTheLimit_IsTaken) {
  FrontFixture front{{echo()}, ServerLimits{.json_body_max = 1000}};
  auto const body = "1f4\r\n" + std::string(500, 'a') + "\r\n1f4;ext=1\r\n" + std::string(500, 'b') + "\r\n0\r\n\r\n";
  RawClient client{front.port()};
  client.send("POST /engine/echo HTTP/1.1\r\n" + front.host() + "Transfer-Encoding: chunked\r\n\r\n" + body);
  EXPECT_EQ(client.read().value().body, std::string(500, 'a') + std::string(500, 'b'));
}

TEST(Listener, RefusedWithASmallBody_ConnectionGoesOn) {
  FrontFixture front{{hello(), echo()}, ServerLimits{.json_body_max = 10}};
  RawClient client{front.port()};
  client.send("POST /engine/echo HTTP/1.1\r\n" + front.host() + "Content-Length: 500\r\n\r\n" + std::string(500, 'a') +
              get_line("/engine/hi") + front.host() + "\r\n");
  EXPECT_EQ(client.read().value().status, 413);
  EXPECT_EQ(client.read().value().status, 200);
}

TEST(Listener, ExpectContinue_IsToldToGoOnOnlyWhenTheBodyIsWanted) {
  FrontFixture front{{echo()}, ServerLimits{.json_body_max = 10}};
  RawClient taken{front.port()};
  taken.send("POST /engine/echo HTTP/1.1\r\n" + front.host() + "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(taken.read().value().status, 100);
  taken.send("four");
  EXPECT_EQ(taken.read().value().body, "four");
  RawClient refused{front.port()};
  refused.send("POST /engine/echo HTTP/1.1\r\n" + front.host() + "Content-Length: 40\r\nExpect: 100-continue\r\n\r\n");
  auto const response = refused.read().value();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.headers.at("connection"), "close");
}

TEST(Listener, ContentLengthAndChunked_Is400) {
  FrontFixture front{{echo()}};
  RawClient client{front.port()};
  client.send("POST /engine/echo HTTP/1.1\r\n" + front.host() +
              "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  EXPECT_EQ(client.read().value().status, 400);
  EXPECT_TRUE(client.closed_within());
}

TEST(Listener, NoHttp_Is400AndCloses) {
  FrontFixture front{{hello()}};
  RawClient client{front.port()};
  client.send("\x16\x03\x01 this is not HTTP\r\n\r\n");
  auto const response = client.read();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 400);
  EXPECT_TRUE(client.closed_within());
}

TEST(Listener, TooManyConnections_503WithRetryAfter_AndRoomAgainWhenOneEnds) {
  FrontFixture front{{hello()}, ServerLimits{.connections_max = 2}};
  auto first = std::make_unique<RawClient>(front.port());
  RawClient second{front.port()};
  for (auto* const client : {first.get(), &second}) {
    client->send(get_line("/engine/hi") + front.host() + "\r\n");
    ASSERT_EQ(client->read().value().status, 200);
  }
  RawClient third{front.port()};
  auto const refused = third.read();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->headers.at("retry-after"), "1");
  EXPECT_TRUE(third.closed_within());
  first.reset();
  while (front.listener().connections() > 1) std::this_thread::yield();
  EXPECT_EQ(ask(front.port(), "GET", "/engine/hi").status, 200);
}

TEST(Listener, HeaderThatNeverEnds_IsClosedAfterTheProgressTime) {
  FrontFixture front{{hello()}, ServerLimits{.progress_timeout = 100ms}};
  RawClient client{front.port()};
  client.send("GET /engine/hi HT");
  EXPECT_TRUE(client.closed_within());
}

TEST(Listener, SlowLoris_DrippingHeader_IsClosedAllTheSame) {
  FrontFixture front{{hello()}, ServerLimits{.progress_timeout = 300ms}};
  RawClient client{front.port()};
  client.send("GET /engine/hi HTTP/1.1\r\n");
  auto const began = std::chrono::steady_clock::now();
  while (client.silent_for(20ms)) {
    client.send("X");
    ASSERT_LT(std::chrono::steady_clock::now() - began, 5s) << "a byte now and then must not keep the connection";
  }
  EXPECT_TRUE(client.closed_within());
}

TEST(Listener, BodyThatStalls_IsClosedAfterTheProgressTime) {
  FrontFixture front{{echo()}, ServerLimits{.progress_timeout = 100ms}};
  RawClient client{front.port()};
  client.send("POST /engine/echo HTTP/1.1\r\n" + front.host() + "Content-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(client.closed_within());
}

TEST(Listener, IdleConnection_IsClosedAfterTheIdleTime) {
  FrontFixture front{{hello()}, ServerLimits{.idle_timeout = 100ms}};
  RawClient client{front.port()};
  client.send(get_line("/engine/hi") + front.host() + "\r\n");
  ASSERT_EQ(client.read().value().status, 200);
  EXPECT_TRUE(client.closed_within());
}

TEST(Listener, TwoHundredHalfHeaders_AnotherGetIsAnsweredAtOnce) {
  FrontFixture front{{hello()}};
  std::vector<std::unique_ptr<RawClient>> stalled;
  for (int i = 0; i < 200; ++i) {
    stalled.push_back(std::make_unique<RawClient>(front.port()));
    stalled.back()->send("GET /engine/hi HTTP/1.1\r\nHost: 127");
  }
  auto const began = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(front.port(), "GET", "/engine/hi").status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
}

TEST(Listener, DownloadNobodyReads_DoesNotHoldUpOthers) {
  std::string const body(8 << 20, 'd');
  FrontFixture front{{hello(), open_route("GET", "/engine/big", [&](Request const&) { return Reply{.body = body}; })},
                     ServerLimits{.progress_timeout = 200ms}};
  RawClient reader{front.port()};
  reader.send(get_line("/engine/big") + front.host() + "\r\n");
  EXPECT_EQ(ask(front.port(), "GET", "/engine/hi").status, 200);
  while (front.listener().connections() > 0) std::this_thread::yield();  // Given up by the server: no progress.
}

TEST(Listener, HeadWithoutAnEntryOfItsOwn_AnswersAsGetWithoutBody) {
  FrontFixture front{
      {open_route("GET", "/engine/text", [](Request const&) { return Reply{.body = "12345"}; }), hello()}};
  RawClient client{front.port()};
  client.send("HEAD /engine/text HTTP/1.1\r\n" + front.host() + "\r\n" + get_line("/engine/hi") + front.host() +
              "\r\n");
  auto const head = client.read(true).value();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "5");
  EXPECT_EQ(client.read().value().body, "{}");
}

TEST(Listener, HeadWithItsOwnEntry_LengthAsTheHandlerSays) {
  FrontFixture front{{open_route("HEAD", "/engine/text",
                                 [](Request const&) {
                                   return Reply{.headers = {{"Content-Length", "77"}}};
                                 }),
                      open_route("GET", "/engine/text", [](Request const&) { return Reply{.body = "12345"}; })}};
  EXPECT_EQ(ask(front.port(), "HEAD", "/engine/text").headers.at("content-length"), "77");
}

TEST(Listener, NoContent_HasNoLengthAndNoBody) {
  FrontFixture front{{open_route("DELETE", "/engine/x", [](Request const&) { return Reply{.status = 204}; })}};
  auto const response = ask(front.port(), "DELETE", "/engine/x");
  EXPECT_EQ(response.status, 204);
  EXPECT_FALSE(response.headers.contains("content-length"));
}

TEST(Listener, LineBreakInAHeaderOfAReply_CannotBeginAnotherHeader) {
  FrontFixture front{{open_route("GET", "/engine/x", [](Request const&) {
    return Reply{.headers = {{"X-Name", "a\r\nSet-Cookie: b"}}};
  })}};
  auto const response = ask(front.port(), "GET", "/engine/x");
  EXPECT_FALSE(response.headers.contains("set-cookie"));
  EXPECT_EQ(response.headers.at("x-name"), "a  Set-Cookie: b");
}

TEST(Listener, HandlerThrowsSomethingElse_Is500AndTheConnectionGoesOn) {
  FrontFixture front{{hello(), open_route("GET", "/engine/bad",
                                          [](Request const&) -> Reply { throw std::runtime_error("secret detail"); })}};
  RawClient client{front.port()};
  client.send(get_line("/engine/bad") + front.host() + "\r\n" + get_line("/engine/hi") + front.host() + "\r\n");
  auto const response = client.read().value();
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("secret detail"), std::string::npos);
  EXPECT_EQ(client.read().value().status, 200);
}

TEST(Listener, DiskIsFull_Is507AndSaysSo) {
  FrontFixture front{{open_route("GET", "/engine/full", [](Request const&) -> Reply {
    throw std::system_error(ENOSPC, std::generic_category(), "cannot write '/somewhere'");
  })}};
  auto const response = ask(front.port(), "GET", "/engine/full");
  EXPECT_EQ(response.status, 507);
  EXPECT_NE(response.body.find("disk that holds the engine's home is full"), std::string::npos);
  EXPECT_EQ(response.body.find("/somewhere"), std::string::npos);
}

/// A file with known content, deleted with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string const& content) {
    auto name = (std::filesystem::temp_directory_path() / "azureml-front-XXXXXX").string();
    base::UniqueFd const fd{::mkostemp(name.data(), O_CLOEXEC)};
    path_ = name;
    base::write_all(fd.get(), content, name);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  [[nodiscard]] std::shared_ptr<base::UniqueFd> open() const {
    return std::make_shared<base::UniqueFd>(base::open_file(path_, O_RDONLY));
  }

 private:
  std::filesystem::path path_{};
};

std::string numbered(std::size_t size) {
  std::string text;
  for (std::uint64_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ',';
  text.resize(size);
  return text;
}

TEST(Listener, FileRange_IsSentInPiecesAndWhole) {
  auto const content = numbered(3 << 20);
  TemporaryFile const file{content};
  FrontFixture front{{open_route("GET", "/engine/file", [&](Request const&) {
    return Reply{.status = 206,
                 .file = engine::routes::FileRange{.file = file.open(), .offset = 12345, .length = (2 << 20) + 7}};
  })}};
  auto const response = ask(front.port(), "GET", "/engine/file");
  EXPECT_EQ(response.status, 206);
  EXPECT_TRUE(response.body == content.substr(12345, (2 << 20) + 7));
}

TEST(Listener, EmptyFile_HasLengthZero) {
  TemporaryFile const file{""};
  FrontFixture front{{open_route("GET", "/engine/file", [&](Request const&) {
    return Reply{.file = engine::routes::FileRange{.file = file.open(), .offset = 0, .length = 0}};
  })}};
  auto const response = ask(front.port(), "GET", "/engine/file");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-length"), "0");
}

TEST(Listener, FileShorterThanPromised_BreaksTheConnectionInsteadOfLying) {
  TemporaryFile const file{std::string(300'000, 'x')};
  FrontFixture front{{open_route("GET", "/engine/file", [&](Request const&) {
    return Reply{.file = engine::routes::FileRange{.file = file.open(), .offset = 0, .length = 400'000}};
  })}};
  RawClient client{front.port()};
  client.send(get_line("/engine/file") + front.host() + "\r\n");
  EXPECT_FALSE(client.read());
}

/// What an upload route of the tests saw.
struct Seen {
  std::mutex mutex{};
  std::vector<std::size_t> pieces{};
  std::string bytes{};
  std::thread::id writer{}, committer{};
  bool committed = false;
  int works = 0, works_before_sync = 0;
  std::size_t written_before_work = 0;
  Signal dropped{}, began{};
};

class RecordingUpload final : public engine::routes::Upload {
 public:
  explicit RecordingUpload(Seen& seen) : seen_(seen) { seen_.began.set(); }
  ~RecordingUpload() override {
    if (!seen_.committed) seen_.dropped.set();
  }
  void write(std::string_view piece) override {
    std::lock_guard const lock(seen_.mutex);
    seen_.pieces.push_back(piece.size());
    seen_.bytes += piece;
    seen_.writer = std::this_thread::get_id();
    if (seen_.bytes.find("poison") != std::string::npos)
      throw engine::routes::ApiError{.status = 400, .code = "Md5Mismatch", .message = "The MD5 value is wrong."};
  }
  bool work() override {
    std::lock_guard const lock(seen_.mutex);
    seen_.written_before_work = seen_.bytes.size();
    return ++seen_.works < 3;
  }
  void sync() override { seen_.works_before_sync = seen_.works; }
  Reply commit(engine::routes::Services&) override { return {}; }
  Reply done() {
    seen_.committed = true;
    seen_.committer = std::this_thread::get_id();
    return Reply{.status = 201};
  }

 private:
  Seen& seen_;
};

Operation upload_route(Seen& seen) {
  return {.name = "test.upload",
          .method = "PUT",
          .pattern = "/engine/blob/{name...}",
          .plane = engine::routes::Plane::engine,
          .auth = engine::routes::Auth::none,
          .upload = [&seen](Request const&) { return std::make_unique<RecordingUpload>(seen); },
          .commit = [](engine::routes::Upload& upload) { return dynamic_cast<RecordingUpload&>(upload).done(); }};
}

TEST(Listener, Upload_ComesInBoundedPiecesOnADiskThread_CommitOnTheStoreThread) {
  Seen seen;
  FrontFixture front{{upload_route(seen)}};
  auto const content = numbered((1 << 20) + 11);
  EXPECT_EQ(ask(front.port(), "PUT", "/engine/blob/a/b", {}, content).status, 201);
  EXPECT_TRUE(seen.bytes == content);
  EXPECT_TRUE(std::all_of(seen.pieces.begin(), seen.pieces.end(), [](std::size_t size) { return size <= 256 << 10; }));
  EXPECT_GE(seen.pieces.size(), 5U);
  EXPECT_NE(seen.writer, front.store().id());
  EXPECT_EQ(seen.committer, front.store().id());
}

TEST(Listener, UploadChunked_IsTheSame) {
  Seen seen;
  FrontFixture front{{upload_route(seen)}};
  auto const content = numbered(700'000);
  RawClient client{front.port()};
  client.send("PUT /engine/blob/x HTTP/1.1\r\n" + front.host() + "Transfer-Encoding: chunked\r\n\r\n");
  for (std::size_t at = 0; at < content.size(); at += 100'000)
    client.send("186a0\r\n" + content.substr(at, 100'000) + "\r\n");
  client.send("0\r\n\r\n");
  EXPECT_EQ(client.read().value().status, 201);
  EXPECT_TRUE(seen.bytes == content);
}

TEST(Listener, UploadWithWorkLeft_IsAskedUntilItIsDoneThenSynced) {
  Seen seen;
  FrontFixture front{{upload_route(seen)}};
  EXPECT_EQ(ask(front.port(), "PUT", "/engine/blob/x", {}, "bytes").status, 201);
  EXPECT_EQ(seen.works, 3);
  EXPECT_EQ(seen.works_before_sync, 3);
  EXPECT_EQ(seen.written_before_work, 5U);
}

TEST(Listener, ReplyThatIsNotComplete_IsCompletedOffTheStoreThread) {
  std::thread::id completer;
  FrontFixture front{{open_route("GET", "/engine/slow", [&](Request const&) {
                        return Reply{.headers = {{"X-First", "1"}}, .complete = [&](Reply& reply) {
                                       completer = std::this_thread::get_id();
                                       reply.body = "completed";
                                     }};
                      }),
                      open_route("GET", "/engine/bad", [](Request const&) {
                        return Reply{.complete = [](Reply&) {
                          throw engine::routes::ApiError{.status = 404, .code = "BlobNotFound", .message = "not there"};
                        }};
                      })}};
  auto const response = ask(front.port(), "GET", "/engine/slow");
  EXPECT_EQ(response.body, "completed");
  EXPECT_EQ(response.headers.at("x-first"), "1");
  EXPECT_NE(completer, front.store().id());
  EXPECT_EQ(ask(front.port(), "GET", "/engine/bad").status, 404);
}

TEST(Listener, UploadOfNothing_IsCommitted) {
  Seen seen;
  FrontFixture front{{upload_route(seen)}};
  EXPECT_EQ(ask(front.port(), "PUT", "/engine/blob/x").status, 201);
  EXPECT_TRUE(seen.committed);
  EXPECT_TRUE(seen.pieces.empty());
}

TEST(Listener, UploadCutShort_IsDroppedNotCommitted) {
  Seen seen;
  FrontFixture front{{upload_route(seen)}};
  RawClient client{front.port()};
  client.send("PUT /engine/blob/x HTTP/1.1\r\n" + front.host() + "Content-Length: 1000\r\n\r\nonly this");
  ASSERT_TRUE(seen.began.wait());
  client.close();
  EXPECT_TRUE(seen.dropped.wait());
  EXPECT_FALSE(seen.committed);
}

TEST(Listener, UploadRefusedWhileItComes_AnswerReachesTheClient) {
  Seen seen;
  FrontFixture front{{upload_route(seen)}};
  auto const response = ask(front.port(), "PUT", "/engine/blob/x", {}, "poison" + std::string(4 << 20, 'x'));
  EXPECT_EQ(response.status, 400);
  EXPECT_TRUE(seen.dropped.wait());
}

TEST(Listener, ChildProcess_InheritsNoSocketOfTheListener) {
  FrontFixture front{{hello()}};
  RawClient client{front.port()};
  client.send(get_line("/engine/hi") + front.host() + "\r\n");
  ASSERT_TRUE(client.read());
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  auto const child = ::fork();
  if (child == 0) {
    ::dup2(pipe[1], 1);
    ::close(pipe[0]);
    ::close(pipe[1]);
    ::execl("/bin/sh", "sh", "-c", "for f in /proc/self/fd/*; do readlink $f; done; true", nullptr);
    ::_exit(127);
  }
  ::close(pipe[1]);
  std::string listed;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(pipe[0], buffer.data(), buffer.size())) > 0;)
    listed.append(buffer.data(), static_cast<std::size_t>(got));
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_NE(listed.find("pipe:"), std::string::npos) << listed;
  EXPECT_EQ(listed.find("socket:"), std::string::npos) << listed;
  EXPECT_EQ(listed.find("eventpoll"), std::string::npos) << listed;
}

TEST(Listener, StopWhileAHandlerRuns_AnswersItFirst) {
  Signal entered, go_on;
  auto front =
      std::make_unique<FrontFixture>(std::vector<Operation>{open_route("GET", "/engine/slow", [&](Request const&) {
        entered.set();
        go_on.wait();
        return Reply{.body = "done"};
      })});
  RawClient busy{front->port()}, idle{front->port()};
  busy.send(get_line("/engine/slow") + front->host() + "\r\n");
  ASSERT_TRUE(entered.wait());
  std::thread stopper([&] { front->listener().stop(); });
  EXPECT_TRUE(idle.closed_within());
  go_on.set();
  auto const response = busy.read();
  stopper.join();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "done");
  EXPECT_EQ(front->listener().connections(), 0U);
}

TEST(Listener, SamePortAgainAtOnce_AfterAConnectionWasServed) {
  std::uint16_t port = 0;
  {
    FrontFixture front{{hello()}};
    port = front.port();
    RawClient client{port};
    client.send(get_line("/engine/hi") + front.host() + "\r\n");
    ASSERT_EQ(client.read().value().status, 200);
    front.listener().stop();  // The server closes first, so that its side stays in TIME_WAIT.
    EXPECT_TRUE(client.closed_within());
  }
  EXPECT_NO_THROW(engine::front::Listener(port, {}, {}));
}

}  // namespace
}  // namespace azureml::tests
