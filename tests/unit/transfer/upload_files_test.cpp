#include "unit/transfer/upload_fixture.hpp"

#include <condition_variable>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

namespace azureml::transfer {
namespace {

using test::blob_error;
using test::once;
using test::SentRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

struct UploadFiles : test::UploadFixture {};

TEST_F(UploadFiles, NewFiles_EveryBlobInOneRequestEach) {
  root.write("train.py", "print(1)\n");
  root.write("sub/a b#?%é.txt", "a");
  root.write("empty");
  auto const report = upload();
  EXPECT_EQ(report.files, 3U);
  EXPECT_EQ(report.bytes, 10U);
  EXPECT_EQ(report.skipped, 0U);
  auto const stored = server.blobs();
  ASSERT_THAT(stored, SizeIs(3));
  EXPECT_EQ(stored.at("my project/train.py").content, "print(1)\n");
  EXPECT_EQ(stored.at("my project/sub/a b#?%é.txt").content, "a");
  EXPECT_EQ(stored.at("my project/empty").content, "");
  EXPECT_EQ(stored.at("my project/train.py").type, "application/octet-stream");
  EXPECT_THAT(server.requests(), SizeIs(3));
  auto const odd = server.requests("PUT", "/sub/a%20b%23%3F%25%C3%A9.txt?");
  ASSERT_THAT(odd, SizeIs(1));
  EXPECT_EQ(odd[0].header("Content-MD5"), "DMF1ucDxtqgxw5niaXcmYQ==");
  EXPECT_EQ(odd[0].header("If-None-Match"), "*");
  EXPECT_EQ(odd[0].auth, http::AuthKind::none);
  EXPECT_TRUE(odd[0].idempotent);
}

TEST_F(UploadFiles, NoFiles_NoRequestsButTheLastReport) {
  int reports = 0;
  options.on_progress = [&](TransferProgress const&) { ++reports; };
  auto const report = upload();
  EXPECT_EQ(report.files, 0U);
  EXPECT_THAT(server.requests(), IsEmpty());
  EXPECT_EQ(reports, 1);
}

TEST_F(UploadFiles, EveryRequestWithBytes_HasTheirMd5) {
  for (auto const size : {0, 1, 999, 1000, 1001, 5000, 12'345})
    root.write("f" + std::to_string(size), test::varied(size));
  upload();
  EXPECT_THAT(server.blobs(), SizeIs(7));
  for (auto const& request : server.requests()) {
    if (!request.body.empty()) {
      EXPECT_THAT(request.header("Content-MD5"), SizeIs(24)) << request.url;
    }
  }
}

TEST_F(UploadFiles, BiggerThanWhatAThreadHolds_OnePutFromABuffer) {
  options.limits.block = 1 << 20;
  auto const content = test::varied(700'000);
  root.write("model.bin", content);
  std::vector<std::uint64_t> done;
  options.on_progress = [&](TransferProgress const& progress) { done.push_back(progress.bytes_done); };
  auto const report = upload();
  EXPECT_TRUE(server.blobs().at("my project/model.bin").content == content);
  EXPECT_THAT(server.requests(), SizeIs(1));
  EXPECT_EQ(report.bytes, 700'000U);
  EXPECT_EQ(done.back(), 700'000U);
}

TEST_F(UploadFiles, ServerFailsOnce_FileIsSentAgainFromItsBeginning) {
  auto const content = std::string(300'000, 'x') + "end";
  root.write("a.py", content);
  options.limits.block = 1 << 20;
  std::uint64_t done = 0;
  options.on_progress = [&](TransferProgress const& progress) { done = progress.bytes_done; };
  server.before(once("PUT", "/a.py", [] { return blob_error(503, "ServerBusy"); }));
  EXPECT_EQ(upload().bytes, content.size());
  EXPECT_THAT(server.requests("PUT", "/a.py?"), SizeIs(2));
  EXPECT_EQ(server.blobs().at("my project/a.py").content, content);
  EXPECT_EQ(done, content.size());
}

TEST_F(UploadFiles, AnswerLostAndBlobThere_CountsAsThere) {
  root.write("a.py", "1");
  root.write("empty");
  std::mutex mutex;
  std::set<std::string> lost;
  server.after([&](SentRequest const& request) -> std::optional<http::Response> {
    std::lock_guard const lock(mutex);
    if (request.method == "PUT" && lost.insert(request.url).second) test::lose_connection("no answer came");
    return std::nullopt;
  });
  auto const report = upload();
  EXPECT_EQ(report.files + report.skipped, 2U);
  EXPECT_THAT(server.blobs(), SizeIs(2));
}

TEST_F(UploadFiles, RefusedForGood_ErrorNamesWhatFileCodeAndRemedyButNoSignature) {
  root.write("a.py", "1");
  server.before(once("PUT", "/a.py",
                     [] { return blob_error(403, "AuthorizationFailure", "Signature sig=abc/def did not match."); }));
  auto const error = failure<ServiceError>();
  EXPECT_EQ(error.status(), 403);
  EXPECT_EQ(error.code(), "AuthorizationFailure");
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("cannot upload the snapshot ('my project/a.py')"), HasSubstr("403 AuthorizationFailure"),
                    HasSubstr("expired"), Not(HasSubstr("abc/def"))));
  EXPECT_THAT(error.body(), AllOf(HasSubstr("<Code>"), Not(HasSubstr("abc/def"))));
}

TEST_F(UploadFiles, WithoutWhat_ErrorNamesTheBlob) {
  root.write("a.py", "1");
  options.what = {};
  server.before(once("PUT", "/a.py", [] { return blob_error(403, "AuthorizationFailure"); }));
  EXPECT_THAT(failure<ServiceError>().what(), HasSubstr("cannot upload 'my project/a.py': the storage answered 403"));
}

TEST_F(UploadFiles, ChangedSinceThePlan_IsAnErrorBeforeItIsSent) {
  root.write("a.py", "1");
  auto const set = test::set_of(root.path(), "");
  root.write("a.py", "12");
  EXPECT_THROW(upload(set), FileError);
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(UploadFiles, OfTheSameSizeButAnotherIdentity_IsAnErrorBeforeItIsSent) {
  auto const file = root.write("a.py", "1");
  UploadItem const item{.blob = "a.py", .file = file, .size = 1, .identity = {.device = 1, .inode = 2, .size = 1}};
  EXPECT_THROW(upload(UploadSet{.count = 1, .bytes = 1, .item = [&](std::size_t) { return item; }}), FileError);
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(UploadFiles, ChangedWhileItIsSent_IsAnError) {
  auto const file = root.write("a.py", "123");
  server.before(once("PUT", "/a.py", [&] {
    root.write("a.py", "456");
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
    return http::Response{.status = 201};
  }));
  EXPECT_THAT(failure<FileError>().what(),
              AllOf(HasSubstr("cannot upload the snapshot"), HasSubstr("a.py"), HasSubstr("has changed")));
}

TEST_F(UploadFiles, UnreadableOrNoFile_IsAnErrorThatNamesIt) {
  UploadItem item{.blob = "x", .file = root.path() / "gone", .size = 1};
  UploadSet const set{.count = 1, .bytes = 1, .item = [&](std::size_t) { return item; }};
  try {
    upload(set);
    ADD_FAILURE() << "nothing was thrown";
  } catch (FileError const& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("gone"), HasSubstr("No such file")));
  }
  item = {.blob = "x", .file = root.folder("folder"), .size = 0};
  EXPECT_THROW(upload(set), FileError);
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(UploadFiles, OneFileFails_OthersStopAndTheFirstErrorIsTold) {
  for (int i = 0; i < 200; ++i) root.write("f" + std::to_string(100 + i), "x");
  server.before([](SentRequest const& request) -> std::optional<http::Response> {
    auto const number = std::stoi(request.url.substr(request.url.find("/f") + 2));
    if (number == 110) return blob_error(400, "InvalidHeaderValue");
    if (number < 114) return std::nullopt;
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    condition.wait(lock, request.context.stop, [] { return false; });
    return blob_error(503, "ServerBusy");
  });
  EXPECT_THAT(failure<ServiceError>().what(), HasSubstr("'my project/f110'"));
  EXPECT_LE(server.blobs().size(), 13U);
  EXPECT_LE(server.requests("PUT", "").size(), 18U);
}

TEST_F(UploadFiles, ManyFiles_AsManyAtATimeAsThereAreThreads) {
  for (int i = 0; i < 40; ++i) root.write("f" + std::to_string(i), "x");
  std::atomic<int> now{0}, most{0}, first{0};
  std::latch four{4};
  server.before([&](SentRequest const&) -> std::optional<http::Response> {
    int const running = ++now;
    for (int seen = most; running > seen && !most.compare_exchange_weak(seen, running);) {
    }
    if (first.fetch_add(1) < 4) four.arrive_and_wait();
    --now;
    return std::nullopt;
  });
  upload();
  EXPECT_EQ(most, 4);
  EXPECT_THAT(server.blobs(), SizeIs(40));
}

TEST_F(UploadFiles, TenThousand_AllThereOnceAndItemsAreMadeOnce) {
  auto const file = root.write("one", "content");
  std::atomic<int> made{0};
  UploadSet const set{.count = 10'000, .bytes = 70'000, .item = [&](std::size_t i) {
                        ++made;
                        return UploadItem{.blob = "d/" + std::to_string(i), .file = file, .size = 7};
                      }};
  auto const report = upload(set);
  EXPECT_EQ(report.files, 10'000U);
  EXPECT_EQ(report.bytes, 70'000U);
  EXPECT_EQ(made, 10'000);
  EXPECT_THAT(server.blobs(), SizeIs(10'000));
  EXPECT_THAT(server.requests(), SizeIs(10'000));
}

TEST_F(UploadFiles, Stopped_ThrowsStoppedError) {
  for (int i = 0; i < 50; ++i) root.write("f" + std::to_string(i), "x");
  std::stop_source stop;
  server.before(once("PUT", "", [&] {
    stop.request_stop();
    return http::Response{.status = 201};
  }));
  try {
    upload({.stop = stop.get_token()});
    ADD_FAILURE() << "nothing was thrown";
  } catch (StoppedError const& error) {
    EXPECT_FALSE(error.timed_out());
  }
  EXPECT_LT(server.blobs().size(), 50U);
}

TEST_F(UploadFiles, TimeOver_ThrowsTimedOut) {
  root.write("a.py", "1");
  server.before(once("PUT", "", [&] {
    blobs.clock.advance(std::chrono::seconds(10));
    return http::Response{.status = 201};
  }));
  try {
    upload(within(std::chrono::seconds(5)));
    ADD_FAILURE() << "nothing was thrown";
  } catch (StoppedError const& error) {
    EXPECT_TRUE(error.timed_out());
  }
}

TEST_F(UploadFiles, Progress_OnTheCallingThreadAndOnceAtTheEnd) {
  root.write("a.py", std::string(1000, 'x'));
  root.write("b.py", "12");
  std::vector<TransferProgress> reports;
  auto const caller = std::this_thread::get_id();
  options.on_progress = [&](TransferProgress const& progress) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    reports.push_back(progress);
  };
  upload();
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports.back().phase, TransferPhase::uploading);
  EXPECT_EQ(reports.back().bytes_done, 1002U);
  EXPECT_EQ(reports.back().bytes_total, 1002U);
  EXPECT_EQ(reports.back().files_done, 2U);
  EXPECT_EQ(reports.back().files_total, 2U);
}

TEST_F(UploadFiles, ProgressHandlerThrows_EndsTheTransferAndReachesTheCaller) {
  root.write("a.py", "1");
  options.on_progress = [](TransferProgress const&) { throw std::out_of_range("enough"); };
  EXPECT_THROW(upload(), std::out_of_range);
}

TEST_F(UploadFiles, ProgressWhileAFileIsHeld_IsReported) {
  root.write("a.py", "12345");
  std::latch reported{1};
  server.before(once("PUT", "", [&]() -> http::Response {
    reported.wait();
    return blob_error(500, "InternalError");
  }));
  std::vector<std::string> names;
  bool first = true;
  options.on_progress = [&](TransferProgress const& progress) {
    names.emplace_back(progress.current);
    if (std::exchange(first, false)) reported.count_down();
  };
  upload();
  EXPECT_EQ(names.front(), "my project/a.py");
  EXPECT_GE(names.size(), 2U);
}

TEST_F(UploadFiles, SignatureEndsInTheMiddle_IsRenewedOnceAndTheTransferGoesOn) {
  for (int i = 0; i < 60; ++i) root.write("f" + std::to_string(i), std::string(10, 'x'));
  root.write("large", test::varied(20'000));
  std::atomic<int> renewals{0}, seen{0};
  std::mutex mutex;  // Whoever is refused because of the new signature must find it.
  std::string fresh;
  renew = [&](Context const&) {
    ++renewals;
    std::lock_guard const lock(mutex);
    return fresh;
  };
  server.before([&](SentRequest const&) -> std::optional<http::Response> {
    if (seen.fetch_add(1) == 30) {
      std::lock_guard const lock(mutex);
      fresh = server.renew_signature();
    }
    return std::nullopt;
  });
  auto const report = upload();
  EXPECT_EQ(report.files, 61U);
  EXPECT_EQ(renewals, 1);
  EXPECT_THAT(server.blobs(), SizeIs(61));
  EXPECT_TRUE(server.blobs().at("my project/large").content == test::varied(20'000));
}

TEST_F(UploadFiles, FreshSignaturesRefusedToo_IsTheError) {
  root.write("a.py", "1");
  int renewals = 0;
  renew = [&](Context const&) { return test::BlobServer::container() + std::to_string(++renewals); };
  server.renew_signature();
  EXPECT_EQ(failure<ServiceError>().status(), 403);
  EXPECT_EQ(renewals, 3);
  EXPECT_THAT(server.requests(), SizeIs(4));
}

TEST_F(UploadFiles, SignatureRefusedByClosingTheConnectionInTheMiddleOfABody_IsRenewed) {
  root.write("a.py", "1");
  std::string fresh;
  renew = [&](Context const&) { return fresh; };
  fresh = server.renew_signature();
  server.before([](SentRequest const& request) -> std::optional<http::Response> {
    if (request.method == "PUT" && request.url.find("renewed") == std::string::npos)
      test::lose_connection("the connection was lost in the middle of the body");
    return std::nullopt;
  });
  EXPECT_EQ(upload().files, 1U);
  EXPECT_THAT(server.requests("HEAD", ""), SizeIs(1));
}

TEST_F(UploadFiles, ConnectionLostForAnotherReason_IsTheError) {
  root.write("a.py", "1");
  renew = [](Context const&) -> std::string { throw std::logic_error("not asked for"); };
  server.before([](SentRequest const& request) -> std::optional<http::Response> {
    if (request.method == "PUT") test::lose_connection("the connection was lost in the middle of the body");
    return std::nullopt;
  });
  EXPECT_THAT(failure<TransportError>().what(), HasSubstr("in the middle of the body"));
}

TEST_F(UploadFiles, DamagedOnTheWay_IsSentAgain) {
  root.write("a.py", "12345");
  server.before(once("PUT", "/a.py", [] { return blob_error(400, "Md5Mismatch"); }));
  EXPECT_EQ(upload().files, 1U);
  EXPECT_THAT(server.requests("PUT", "/a.py"), SizeIs(2));
}

TEST_F(UploadFiles, DamagedEachTime_IsAnErrorAfterThreeTries) {
  root.write("a.py", "12345");
  server.before([](SentRequest const&) { return blob_error(400, "Md5Mismatch"); });
  EXPECT_EQ(failure<ServiceError>().code(), "Md5Mismatch");
  EXPECT_THAT(server.requests("PUT", "/a.py"), SizeIs(3));
}

TEST_F(UploadFiles, ServerSaysThatItTookOtherBytes_IsAnError) {
  root.write("a.py", "12345");
  server.after([](SentRequest const& request) -> std::optional<http::Response> {
    if (request.method != "PUT") return std::nullopt;
    return http::Response{.status = 201, .headers = {{"Content-MD5", "DMF1ucDxtqgxw5niaXcmYQ=="}}, .body = {}};
  });
  options.existing = Existing::replace;
  EXPECT_THAT(failure<TransportError>().what(), HasSubstr("other bytes"));
}

}  // namespace
}  // namespace azureml::transfer
