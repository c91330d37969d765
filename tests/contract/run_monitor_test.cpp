#include "run_fixture.hpp"

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

namespace azureml::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Task = std::function<void()>;

constexpr char kLog[] = "user_logs/std_log.txt";

/// One thread that takes tasks, as a GUI's.
class EventLoop {
 public:
  void post(Task task) {
    {
      std::lock_guard const lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    ready_.notify_one();
  }
  /// On the caller's thread, until the condition holds after a task. False after a minute.
  bool run_until(std::function<bool()> const& condition) {
    auto const end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
      std::unique_lock lock(mutex_);
      if (!ready_.wait_until(lock, end, [this] { return !tasks_.empty(); })) return false;
      auto const task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
    return true;
  }

 private:
  std::mutex mutex_{};
  std::condition_variable ready_{};
  std::deque<Task> tasks_{};
};

struct RunMonitorTest : RunTest {
  EventLoop loop;
  MonitorOptions options{.executor = [this](Task task) { loop.post(std::move(task)); }};

  azureml::Run with_steps(std::string const& id, std::vector<MockStep> steps) {
    service.add_job(id, "{}", std::move(steps));
    return workspace.get_run(id);
  }
  azureml::Run successful(std::string const& id) { return with_steps(id, MockService::successful_job()); }
};

TEST_F(RunMonitorTest, Run_IsToldFromBeginToEnd) {
  RunMonitor monitor(options);
  std::vector<std::string> words;
  std::string text;
  LogCursor cursor;
  bool finished = false;
  auto const subscription = monitor.watch(
      successful("job"), {
                             .on_status = [&](auto const&, RunDetails const& d) { words.push_back(d.status.name()); },
                             .on_log =
                                 [&](auto const&, std::string piece, LogCursor place) {
                                   text += piece;
                                   cursor = std::move(place);
                                 },
                             .on_finished =
                                 [&](auto const& ended, RunDetails const& d) {
                                   EXPECT_EQ(ended.id(), "job");
                                   EXPECT_EQ(d.status, RunState::completed);
                                   EXPECT_EQ(text, "line one\nline two\n");  // after the last byte
                                   finished = true;
                                 },
                         });
  ASSERT_TRUE(loop.run_until([&] { return finished; }));
  EXPECT_EQ(words.back(), "Completed");
  EXPECT_EQ(std::adjacent_find(words.begin(), words.end()), words.end());
  EXPECT_EQ(cursor.position(kLog), text.size());
}

TEST_F(RunMonitorTest, ManyRuns_AreEachToldTheirOwn) {
  RunMonitor monitor(options);
  std::map<std::string, std::string> text;
  std::size_t finished = 0;
  std::vector<RunMonitor::Subscription> subscriptions;
  for (int i = 0; i < 30; ++i)
    subscriptions.push_back(monitor.watch(
        with_steps("job" + std::to_string(i), {{.status = "Queued"},
                                               {.status = "Running", .appended = {{kLog, "of " + std::to_string(i)}}},
                                               {.status = i % 2 ? "Failed" : "Completed"}}),
        {.on_log = [&](auto const& r, std::string const& piece, LogCursor const&) { text[r.id()] += piece; },
         .on_finished = [&](auto const&, RunDetails const&) { ++finished; }}));
  ASSERT_TRUE(loop.run_until([&] { return finished == 30; }));
  for (int i = 0; i < 30; ++i) EXPECT_EQ(text["job" + std::to_string(i)], "of " + std::to_string(i));
}

TEST_F(RunMonitorTest, ManyRuns_CostOneStatusQueryAnInterval) {
  std::string jobs;
  std::vector<azureml::Run> runs;
  for (int i = 0; i < 20; ++i) {
    auto const id = "job" + std::to_string(i);
    runs.push_back(with_steps(id, {{.status = "Running"}}));
    jobs += (i ? "," : "") + (R"({"name":")" + id + R"(","properties":{"status":"Running"}})");
  }
  struct Asked {
    std::promise<void> enough{};
    int times = 0;
  };
  auto const asked = std::make_shared<Asked>();  // the server may still be answering when the test is over
  auto enough = asked->enough.get_future();
  service.server().on("GET", MockService::workspace_path() + "/jobs", [asked, jobs](MockRequest const&) {
    if (++asked->times == 6) asked->enough.set_value();
    return json_reply(R"({"value":[)" + jobs + "]}");
  });
  {
    RunMonitor monitor({.latency = std::chrono::hours(1)});  // of the fake clock
    std::vector<RunMonitor::Subscription> subscriptions;
    for (auto const& one : runs)
      subscriptions.push_back(monitor.watch(one, {.on_status = [](auto const&, RunDetails const&) {}}));
    ASSERT_EQ(enough.wait_for(std::chrono::minutes(1)), std::future_status::ready);
  }
  EXPECT_EQ(RunTest::asked("GET", "/details"), 20U);  // the first look, and never again while the words stay
}

TEST_F(RunMonitorTest, WithoutOnLog_NoLogIsFetched) {
  std::promise<void> finished;
  RunMonitor monitor;
  auto const subscription =
      monitor.watch(successful("job"), {.on_finished = [&](auto const&, RunDetails const&) { finished.set_value(); }});
  ASSERT_EQ(finished.get_future().wait_for(std::chrono::minutes(1)), std::future_status::ready);
  EXPECT_EQ(asked("GET", kLog), 0U);
}

TEST_F(RunMonitorTest, Cursor_GoesOnWhereAnEarlierLifeEnded) {
  service.add_file("run_1", kLog, "told before, new");
  LogCursor from;
  from.set_position(kLog, 12);
  RunMonitor monitor(options);
  std::string text;
  bool finished = false;
  auto const subscription =
      monitor.watch(run, {.on_log = [&](auto const&, std::string piece, LogCursor const&) { text += piece; },
                          .on_finished = [&](auto const&, RunDetails const&) { finished = true; },
                          .log_from = from});
  ASSERT_TRUE(loop.run_until([&] { return finished; }));
  EXPECT_EQ(text, " new");
}

TEST_F(RunMonitorTest, ApplicationThatLagsBehind_GetsEveryByteAndTheBacklogStaysBounded) {
  std::string big;
  for (int i = 0; big.size() < 3'000'000; ++i) big += std::to_string(i) + "\n";
  service.add_file("run_1", kLog, big);
  options.queued_bytes_max = 100'000;
  std::string text;
  std::uint64_t most = 0;
  bool finished = false;
  RunMonitor monitor(options);
  auto const subscription =
      monitor.watch(run, {.on_log =
                              [&](auto const&, std::string piece, LogCursor const&) {
                                text += piece;
                                most = std::max<std::uint64_t>(most, piece.size());
                              },
                          .on_finished = [&](auto const&, RunDetails const&) { finished = true; }});
  ASSERT_TRUE(loop.run_until([&] { return finished; }));
  EXPECT_TRUE(text == big);
  EXPECT_LE(most, 100'000U);
}

TEST_F(RunMonitorTest, ExpiredAddresses_AreRenewedWithoutTrouble) {
  RunMonitor monitor(options);
  std::string text;
  std::vector<std::string> troubles;
  bool finished = false;
  auto const subscription =
      monitor.watch(with_steps("job", {{.status = "Running", .appended = {{kLog, "a"}}},
                                       {.status = "Running", .appended = {{kLog, "b"}}},
                                       {.status = "Completed", .appended = {{kLog, "c"}}}}),
                    {.on_log =
                         [&](auto const&, std::string piece, LogCursor const&) {
                           text += piece;
                           service.expire_addresses();
                         },
                     .on_finished = [&](auto const&, RunDetails const&) { finished = true; },
                     .on_trouble = [&](auto const&, Error const& error) { troubles.emplace_back(error.what()); }});
  ASSERT_TRUE(loop.run_until([&] { return finished; }));
  EXPECT_EQ(text, "abc");
  EXPECT_THAT(troubles, IsEmpty());
}

TEST_F(RunMonitorTest, Trouble_IsToldAndTheWatchingGoesOn) {
  service.server().once("GET", "/history/*", json_reply(R"({"error":{"code":"UserError","message":"odd"}})", 400));
  RunMonitor monitor(options);
  std::vector<std::string> troubles;
  bool finished = false;
  auto const subscription = monitor.watch(run, {.on_finished = [&](auto const&, RunDetails const&) { finished = true; },
                                                .on_trouble =
                                                    [&](auto const&, Error const& error) {
                                                      EXPECT_NE(dynamic_cast<ServiceError const*>(&error), nullptr);
                                                      troubles.emplace_back(error.what());
                                                    }});
  ASSERT_TRUE(loop.run_until([&] { return finished; }));
  EXPECT_THAT(troubles, ElementsAre(HasSubstr("odd")));
}

TEST_F(RunMonitorTest, LogThatShrank_IsReportedAndTheEndIsStillTold) {
  service.add_file("run_1", kLog, "short");
  LogCursor from;
  from.set_position(kLog, 100);
  RunMonitor monitor(options);
  std::vector<std::string> troubles;
  bool finished = false;
  auto const subscription = monitor.watch(
      run, {.on_log = [&](auto const&, std::string const& piece, LogCursor const&) { ADD_FAILURE() << piece; },
            .on_finished = [&](auto const&, RunDetails const&) { finished = true; },
            .on_trouble = [&](auto const&, Error const& error) { troubles.emplace_back(error.what()); },
            .log_from = from});
  ASSERT_TRUE(loop.run_until([&] { return finished; }));
  EXPECT_THAT(troubles, ElementsAre(HasSubstr("shorter than the 100 bytes")));
}

TEST_F(RunMonitorTest, SubscriptionThatEndsInTheCallback_IsToldNothingMore) {
  RunMonitor monitor(options);
  int calls = 0;
  bool other_finished = false;
  RunMonitor::Subscription subscription;
  subscription = monitor.watch(successful("job"), {.on_status =
                                                       [&](auto const&, RunDetails const&) {
                                                         ++calls;
                                                         subscription = {};
                                                       },
                                                   .on_finished = [&](auto const&, RunDetails const&) { ++calls; }});
  auto const other = monitor.watch(successful("other"),
                                   {.on_finished = [&](auto const&, RunDetails const&) { other_finished = true; }});
  ASSERT_TRUE(loop.run_until([&] { return other_finished; }));
  EXPECT_EQ(calls, 1);
}

TEST_F(RunMonitorTest, SubscriptionsEndedFromOtherThreads_AreToldNothingAfterwards) {
  struct Watched {
    std::atomic<bool> ended{false}, told_after_end{false};
  };
  RunMonitor monitor({.latency = std::chrono::milliseconds(10)});  // callbacks on the monitor's own thread
  std::vector<azureml::Run> runs;
  for (int i = 0; i < 16; ++i) runs.push_back(successful("job" + std::to_string(i)));
  std::vector<std::jthread> threads;
  std::deque<Watched> watched(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i)
    threads.emplace_back([&, i] {
      std::promise<void> first;
      std::once_flag once;
      auto const told = [&](auto const&, RunDetails const&) {
        if (watched[i].ended) watched[i].told_after_end = true;
        std::call_once(once, [&] { first.set_value(); });
      };
      {
        auto const subscription = monitor.watch(runs[i], {.on_status = told, .on_finished = told});
        first.get_future().wait();
      }
      watched[i].ended = true;
    });
  threads.clear();
  for (auto const& one : watched) EXPECT_FALSE(one.told_after_end);
}

TEST_F(RunMonitorTest, Destroyed_StopsTheRequestUnderWayAndTheSubscriptionMayOutliveIt) {
  service.server().on("GET", "/history/*", {.hold = true});
  RunMonitor::Subscription subscription;
  auto const before = service.server().requests().size();
  {
    RunMonitor monitor(options);
    subscription = monitor.watch(run, {.on_status = [](auto const&, RunDetails const&) { ADD_FAILURE(); }});
    ASSERT_TRUE(service.server().wait_for_requests(before + 3));  // workspace, discovery and the one that is held
    EXPECT_EQ(monitor.watched(), 1U);
  }
  subscription = {};
  service.server().release();
}

TEST_F(RunMonitorTest, Destroyed_TellsNothingThatTheExecutorStillHas) {
  std::promise<void> posted;
  std::once_flag once;
  {
    RunMonitor monitor({.executor = [&](Task task) {
      loop.post(std::move(task));
      std::call_once(once, [&] { posted.set_value(); });
    }});
    auto const subscription = monitor.watch(run, {.on_status = [](auto const&, RunDetails const&) { ADD_FAILURE(); }});
    posted.get_future().wait();
  }
  bool ran = false;
  loop.post([&] { ran = true; });
  EXPECT_TRUE(loop.run_until([&] { return ran; }));
}

TEST_F(RunMonitorTest, WithNothingToWatch_AsksNothing) {
  auto const before = service.server().requests().size();
  RunMonitor monitor;
  EXPECT_EQ(monitor.watched(), 0U);
  EXPECT_EQ(service.server().requests().size(), before);
}

}  // namespace
}  // namespace azureml::test
