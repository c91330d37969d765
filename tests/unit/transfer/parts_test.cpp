#include "transfer/blob.hpp"
#include "transfer/content_range.hpp"
#include "transfer/parallel.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

namespace azureml::transfer {
namespace {

TEST(ContentRange, FormsOfTheStandard_AreRead) {
  auto const full = parse_content_range("bytes 5-16/17");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->first, 5U);
  EXPECT_EQ(full->total, 17U);
  auto const unknown = parse_content_range("bytes 5-16/*");
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->first, 5U);
  EXPECT_FALSE(unknown->total);
  auto const none = parse_content_range("Bytes */17");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->first);
  EXPECT_EQ(none->total, 17U);
}

TEST(ContentRange, AnythingElse_IsNothing) {
  for (auto const* const text :
       {"", "bytes", "bytes ", "bytes 5", "bytes 5-4/9", "bytes -4/9", "bytes 5-/9", "bytes 5-6/", "bytes */*",
        "lines 1-2/3", "bytes 1-2/3x", "bytes 1-99999999999999999999/*", "bytes  1-2/3", "bytes +1-2/3"})
    EXPECT_FALSE(parse_content_range(text)) << text;
}

TEST(ContainerUrl, QueryIsKeptAndPathIsEncoded) {
  EXPECT_EQ(ContainerUrl("https://a/c?sig=x%2fy%3D").blob("f/a b+&é"), "https://a/c/f/a%20b%2B%26%C3%A9?sig=x%2fy%3D");
  EXPECT_EQ(ContainerUrl("https://a/c/?sig=x").blob("f", "comp=metadata"), "https://a/c/f?sig=x&comp=metadata");
  EXPECT_EQ(ContainerUrl("http://a/c").blob("f", "comp=metadata"), "http://a/c/f?comp=metadata");
  EXPECT_EQ(ContainerUrl("http://a/c?").blob("f"), "http://a/c/f");
}

TEST(BlobErrorCode, HeaderElseBodyElseNothing) {
  EXPECT_EQ(blob_error_code({.status = 404, .headers = {{"x-ms-error-code", "A"}}, .body = "<Code>B</Code>"}), "A");
  EXPECT_EQ(blob_error_code({.status = 404, .headers = {}, .body = "<Error><Code>B</Code></Error>"}), "B");
  EXPECT_EQ(blob_error_code({.status = 404, .headers = {}, .body = "<Code>B"}), "");
  EXPECT_EQ(blob_error_code({.status = 404, .headers = {}, .body = ""}), "");
}

TEST(RunParallel, EveryTask_RunsOnce) {
  std::mutex mutex;
  std::multiset<std::size_t> seen;
  run_parallel(100, 4, {}, [&](std::size_t i, auto const&) {
    std::lock_guard const lock(mutex);
    seen.insert(i);
  });
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(*seen.begin(), 0U);
  EXPECT_EQ(*seen.rbegin(), 99U);
  EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), 100U);
}

TEST(RunParallel, NoTasks_ReturnsAtOnce) {
  run_parallel(
      0, 4, {}, [](std::size_t, auto const&) { FAIL(); }, [] {});
}

TEST(RunParallel, TaskThrows_OthersAreAskedToStopAndTheFirstErrorIsThrown) {
  std::latch waiting{2};
  std::atomic<int> begun{0};
  try {
    run_parallel(100, 2, {}, [&](std::size_t i, std::stop_token const& stop) {
      ++begun;
      waiting.count_down();
      if (i == 0) {
        waiting.wait();
        throw std::runtime_error("first");
      }
      std::mutex mutex;
      std::condition_variable_any condition;
      std::unique_lock lock(mutex);
      condition.wait(lock, stop, [] { return false; });
      throw std::logic_error("because of the stop");
    });
    FAIL();
  } catch (std::runtime_error const& error) {
    EXPECT_STREQ(error.what(), "first");
  }
  EXPECT_EQ(begun, 2);
}

TEST(RunParallel, CallerStops_TasksAreToldAndNoMoreBegin) {
  std::stop_source stop;
  std::atomic<int> begun{0};
  run_parallel(100, 1, stop.get_token(), [&](std::size_t, std::stop_token const& inner) {
    ++begun;
    stop.request_stop();
    EXPECT_TRUE(inner.stop_requested());
  });
  EXPECT_EQ(begun, 1);
}

TEST(RunParallel, StoppedBefore_NothingBegins) {
  std::stop_source stop;
  stop.request_stop();
  run_parallel(10, 2, stop.get_token(), [](std::size_t, auto const&) { FAIL(); });
}

TEST(RunParallel, TickThrows_TasksAreStoppedAndItIsThrown) {
  EXPECT_THROW(run_parallel(
                   1, 1, {},
                   [](std::size_t, std::stop_token const& stop) {
                     std::mutex mutex;
                     std::condition_variable_any condition;
                     std::unique_lock lock(mutex);
                     condition.wait(lock, stop, [] { return false; });
                   },
                   [] { throw std::out_of_range("enough"); }),
               std::out_of_range);
}

TEST(RunParallel, Threads_TakeNoSignalsAndTheCallersMaskStays) {
  sigset_t before, after;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  run_parallel(1, 1, {}, [](std::size_t, auto const&) {
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    EXPECT_EQ(sigismember(&mask, SIGINT), 1);
    EXPECT_EQ(sigismember(&mask, SIGCHLD), 1);
  });
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&before, SIGINT), sigismember(&after, SIGINT));
}

}  // namespace
}  // namespace azureml::transfer
