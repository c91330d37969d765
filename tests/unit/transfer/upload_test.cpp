#include "snapshot/snapshot.hpp"
#include "transfer/transfer.hpp"
#include "unit/snapshot/temporary_folder.hpp"
#include "unit/transfer/blob_pipeline.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

namespace azureml::transfer {
namespace {

using test::blob_error;
using test::SentRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

struct Upload : ::testing::Test {
  test::TemporaryFolder root{};
  test::BlobPipeline blobs{};
  test::BlobServer& server = *blobs.server;

  void upload(ProgressHandler const& progress = {}, Context const& context = {}) {
    upload(snapshot::make_plan(root.path()), progress, context);
  }
  void upload(snapshot::Plan const& plan, ProgressHandler const& progress = {}, Context const& context = {}) {
    upload_snapshot(blobs.pipeline, plan, test::BlobServer::container(), "my project", "code name", "1", progress,
                    context);
  }
  template <class Error>
  Error failure() {
    try {
      upload();
    } catch (Error const& error) {
      return error;
    }
    throw std::runtime_error("there was no such error");
  }
  static std::function<std::optional<http::Response>(SentRequest const&)> once(std::string const& method,
                                                                               std::string const& part,
                                                                               std::function<http::Response()> answer) {
    auto const left = std::make_shared<std::atomic<int>>(1);
    return [=](SentRequest const& request) -> std::optional<http::Response> {
      if (request.method != method || request.url.find(part) == std::string::npos || left->fetch_sub(1) <= 0)
        return std::nullopt;
      return answer();
    };
  }
};

TEST_F(Upload, NewSnapshot_EveryBlobAndThenTheMark) {
  root.write("train.py", "print(1)\n");
  root.write("sub/a b#?%é.txt", "a");
  root.write("empty");
  upload();
  auto const stored = server.blobs();
  ASSERT_THAT(stored, SizeIs(3));
  EXPECT_EQ(stored.at("my project/train.py").content, "print(1)\n");
  EXPECT_EQ(stored.at("my project/sub/a b#?%é.txt").content, "a");
  EXPECT_EQ(stored.at("my project/empty").content, "");
  EXPECT_EQ(stored.at("my project/train.py").type, "application/octet-stream");
  EXPECT_EQ(
      stored.at("my project/empty").metadata,
      (std::map<std::string, std::string>{{"upload_status", "completed"}, {"name", "code name"}, {"version", "1"}}));
  auto const requests = server.requests();
  ASSERT_THAT(requests, SizeIs(5));
  EXPECT_EQ(requests.front().method, "HEAD");
  EXPECT_EQ(requests.front().url,
            "https://account.blob.core.windows.net/container/my%20project/"
            "empty?sv=2021-10-04&sr=c&sp=rcwl&sig=s%2fecret%2B%3D");
  EXPECT_THAT(requests.back().url, AllOf(HasSubstr("/my%20project/empty?sv="), HasSubstr("&comp=metadata")));
  auto const odd = server.requests("PUT", "/sub/a%20b%23%3F%25%C3%A9.txt?");
  ASSERT_THAT(odd, SizeIs(1));
  EXPECT_EQ(odd[0].header("Content-MD5"), "DMF1ucDxtqgxw5niaXcmYQ==");
  EXPECT_EQ(odd[0].header("If-None-Match"), "*");
}

TEST_F(Upload, CompletedBefore_NothingIsSentAgain) {
  root.write("a.py", "1");
  root.write("b.py", "2");
  server.put("my project/a.py", "1", {{"upload_status", "completed"}});
  std::vector<TransferProgress> reports;
  upload([&](TransferProgress const& p) { reports.push_back(p); });
  EXPECT_THAT(server.requests(), SizeIs(1));
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports.back().bytes_done, 2U);
}

TEST_F(Upload, TornBefore_IsOverwritten) {
  root.write("a.py", "right");
  root.write("b.py", "2");
  server.put("my project/a.py", "torn");
  upload();
  EXPECT_EQ(server.blobs().at("my project/a.py").content, "right");
  EXPECT_EQ(server.blobs().at("my project/a.py").metadata.at("upload_status"), "completed");
  EXPECT_EQ(server.requests("PUT", "/b.py")[0].header("If-None-Match"), "");
}

TEST_F(Upload, NoFiles_NoRequests) {
  upload();
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(Upload, ServerFailsOnce_FileIsSentAgainFromItsBeginning) {
  root.write("a.py", std::string(300'000, 'x') + "end");
  server.before(once("PUT", "/a.py", [] { return blob_error(503, "ServerBusy"); }));
  upload();
  EXPECT_THAT(server.requests("PUT", "/a.py?"), SizeIs(3)) << "twice the file, once the mark";
  EXPECT_EQ(server.blobs().at("my project/a.py").content, std::string(300'000, 'x') + "end");
}

TEST_F(Upload, AnswerLostAndBlobThere_CountsAsDone) {
  root.write("a.py", "1");
  root.write("empty");
  std::mutex mutex;
  std::set<std::string> lost;
  server.after([&](SentRequest const& request) -> std::optional<http::Response> {
    std::lock_guard const lock(mutex);
    bool const is_blob = request.method == "PUT" && request.url.find("comp=") == std::string::npos;
    if (is_blob && lost.insert(request.url).second) test::lose_connection("no answer came");
    return std::nullopt;
  });
  upload();
  EXPECT_THAT(server.blobs(), SizeIs(2));
  EXPECT_THAT(server.requests("HEAD", ""), SizeIs(3)) << "the first look, and one for each conflict";
}

TEST_F(Upload, BlobOfTheSameNameButOtherContent_IsAnError) {
  root.write("a.py", "1");
  root.write("b.py", "mine");
  server.put("my project/b.py", "them");
  auto const error = failure<ServiceError>();
  EXPECT_EQ(error.status(), 409);
  EXPECT_EQ(error.code(), "BlobAlreadyExists");
  EXPECT_THAT(error.what(), AllOf(HasSubstr("'b.py'"), HasSubstr("The specified blob already exists")));
  EXPECT_EQ(error.request_id(), "request-1");
  EXPECT_EQ(server.blobs().at("my project/b.py").content, "them");
  EXPECT_THAT(server.requests("PUT", "comp=metadata"), IsEmpty());
}

TEST_F(Upload, Refused_ErrorNamesFileCodeAndRemedyButNoSignature) {
  root.write("a.py", "1");
  server.before(once("PUT", "/a.py",
                     [] { return blob_error(403, "AuthenticationFailed", "Signature sig=abc/def did not match."); }));
  auto const error = failure<ServiceError>();
  EXPECT_EQ(error.status(), 403);
  EXPECT_EQ(error.code(), "AuthenticationFailed");
  EXPECT_THAT(error.what(), AllOf(HasSubstr("cannot upload 'a.py'"), HasSubstr("403 AuthenticationFailed"),
                                  HasSubstr("expired"), Not(HasSubstr("abc/def"))));
  EXPECT_THAT(error.body(), AllOf(HasSubstr("<Code>"), Not(HasSubstr("abc/def"))));
}

TEST_F(Upload, LookRefused_IsAnErrorAndNothingIsUploaded) {
  root.write("a.py", "1");
  server.before(once("HEAD", "", [] {
    return http::Response{.status = 403, .headers = {{"x-ms-error-code", "AuthorizationFailure"}}, .body = {}};
  }));
  EXPECT_EQ(failure<ServiceError>().code(), "AuthorizationFailure");
  EXPECT_THAT(server.blobs(), IsEmpty());
}

TEST_F(Upload, FileChangedSinceThePlan_IsAnErrorBeforeItIsSent) {
  root.write("a.py", "1");
  auto const plan = snapshot::make_plan(root.path());
  root.write("a.py", "12");
  EXPECT_THROW(upload(plan), FileError);
  EXPECT_THAT(server.requests("PUT", ""), IsEmpty());
}

TEST_F(Upload, FileChangedWhileItIsSent_IsAnErrorAndNotCompleted) {
  auto const file = root.write("a.py", "123");
  server.before(once("PUT", "/a.py", [&] {
    root.write("a.py", "456");
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
    return blob_error(400, "Md5Mismatch");
  }));
  auto const error = failure<FileError>();
  EXPECT_THAT(error.what(), AllOf(HasSubstr("a.py"), HasSubstr("has changed")));
  EXPECT_THAT(server.requests("PUT", "comp=metadata"), IsEmpty());
}

TEST_F(Upload, OneFileFails_OthersStopAndTheFirstErrorIsTold) {
  for (int i = 0; i < 200; ++i) root.write("f" + std::to_string(100 + i), "x");
  server.before([](SentRequest const& request) -> std::optional<http::Response> {
    if (request.method != "PUT") return std::nullopt;
    auto const number = std::stoi(request.url.substr(request.url.find("/f") + 2));
    if (number == 110) return blob_error(403, "AuthorizationFailure");
    if (number < 114) return std::nullopt;
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    condition.wait(lock, request.context.stop, [] { return false; });
    return blob_error(503, "ServerBusy");
  });
  EXPECT_THAT(failure<ServiceError>().what(), HasSubstr("'f110'"));
  EXPECT_LE(server.blobs().size(), 13U);
  EXPECT_LE(server.requests("PUT", "").size(), 18U);
  EXPECT_THAT(server.requests("PUT", "comp=metadata"), IsEmpty());
}

TEST_F(Upload, ManyFiles_FourAtATime) {
  for (int i = 0; i < 40; ++i) root.write("f" + std::to_string(i), "x");
  std::atomic<int> now{0}, most{0};
  std::latch four{4};
  server.before([&](SentRequest const& request) -> std::optional<http::Response> {
    if (request.method != "PUT" || request.url.find("comp=") != std::string::npos) return std::nullopt;
    int const running = ++now;
    for (int seen = most; running > seen && !most.compare_exchange_weak(seen, running);) {
    }
    if (static std::atomic<int> first{0}; first.fetch_add(1) < 4) four.arrive_and_wait();
    --now;
    return std::nullopt;
  });
  upload();
  EXPECT_EQ(most, 4);
  EXPECT_THAT(server.blobs(), SizeIs(40));
}

TEST_F(Upload, Stopped_ThrowsAndIsNotCompleted) {
  for (int i = 0; i < 50; ++i) root.write("f" + std::to_string(i), "x");
  std::stop_source stop;
  server.before(once("PUT", "", [&] {
    stop.request_stop();
    return http::Response{.status = 201};
  }));
  EXPECT_THROW(upload({}, {.stop = stop.get_token()}), StoppedError);
  EXPECT_LT(server.blobs().size(), 50U);
  EXPECT_THAT(server.requests("PUT", "comp=metadata"), IsEmpty());
}

TEST_F(Upload, TimeOver_ThrowsTimedOut) {
  root.write("a.py", "1");
  server.before(once("PUT", "", [&] {
    blobs.clock.advance(std::chrono::seconds(10));
    return http::Response{.status = 201};
  }));
  try {
    upload({}, within(std::chrono::seconds(5)));
    FAIL();
  } catch (StoppedError const& error) {
    EXPECT_TRUE(error.timed_out());
  }
}

TEST_F(Upload, Progress_OnTheCallingThreadAndOnceAtTheEnd) {
  root.write("a.py", std::string(1000, 'x'));
  root.write("b.py", "12");
  std::vector<TransferProgress> reports;
  auto const caller = std::this_thread::get_id();
  upload([&](TransferProgress const& progress) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    reports.push_back(progress);
  });
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports.back().phase, TransferPhase::uploading);
  EXPECT_EQ(reports.back().bytes_done, 1002U);
  EXPECT_EQ(reports.back().bytes_total, 1002U);
  EXPECT_EQ(reports.back().files_done, 2U);
  EXPECT_EQ(reports.back().files_total, 2U);
}

TEST_F(Upload, ProgressHandlerThrows_EndsTheTransferAndReachesTheCaller) {
  root.write("a.py", "1");
  EXPECT_THROW(upload([](TransferProgress const&) { throw std::out_of_range("enough"); }), std::out_of_range);
}

TEST_F(Upload, ProgressWhileAFileIsHeld_IsReported) {
  root.write("a.py", "12345");
  std::latch reported{1};
  server.before(once("PUT", "", [&]() -> http::Response {
    reported.wait();
    return blob_error(500, "InternalError");
  }));
  std::vector<std::string> names;
  bool first = true;
  upload([&](TransferProgress const& progress) {
    names.emplace_back(progress.current);
    if (std::exchange(first, false)) reported.count_down();
  });
  EXPECT_EQ(names.front(), "a.py");
  EXPECT_GE(names.size(), 2U);
}

TEST_F(Upload, FileOverTheLimitOfOnePut_GoesInBlocks) {
  std::string content(65 << 20, 'x');
  for (std::size_t i = 0; i < content.size(); i += 4096) content[i] = static_cast<char>('a' + i / 4096 % 26);
  root.write("model.bin", content);
  server.before(once("PUT", "comp=block&", [] { return blob_error(500, "OperationTimedOut"); }));
  upload();
  auto const stored = server.blobs();
  ASSERT_TRUE(stored.contains("my project/model.bin"));
  EXPECT_TRUE(stored.at("my project/model.bin").content == content);
  EXPECT_THAT(stored.at("my project/model.bin").md5, SizeIs(24));
  EXPECT_EQ(stored.at("my project/model.bin").type, "application/octet-stream");
  auto const blocks = server.requests("PUT", "comp=block&");
  EXPECT_THAT(blocks, SizeIs(10)) << "nine blocks, the first one twice";
  for (auto const& block : blocks) {
    EXPECT_LE(block.body.size(), 8U << 20);
    EXPECT_THAT(block.header("Content-MD5"), SizeIs(24));
  }
  auto const lists = server.requests("PUT", "comp=blocklist");
  ASSERT_THAT(lists, SizeIs(1));
  EXPECT_EQ(lists[0].header("If-None-Match"), "*");
}

}  // namespace
}  // namespace azureml::transfer
