#include "api/run_events.hpp"
#include "api/states.hpp"
#include "core/make_error.hpp"
#include "support/fake_transport.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <future>
#include <thread>
#include <vector>

namespace azureml::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Task = std::function<void()>;

Run a_run(std::vector<std::string>* log = nullptr) {
  WorkspaceState workspace{
      .connection = {.pipeline = http::Pipeline({.transport = std::make_shared<test::FakeTransport>()}),
                     .resource_manager = "http://service",
                     .workspace_path = "/w"}};
  if (log)
    workspace.logger = logging::Logger::to_sink(
        "test", logging::Level::warning,
        [log](logging::Level, std::string_view, std::string_view message) { log->emplace_back(message); });
  return detail::Access::make_handle<Run>(
      RunRecord{.workspace = std::make_shared<WorkspaceState const>(std::move(workspace)), .id = "run"});
}

RunDetails details(char const* status) {
  return {.run_id = "run", .status = RunStatus(status)};
}

LogCursor at(std::uint64_t position) {
  LogCursor cursor;
  cursor.set_position("log", position);
  return cursor;
}

/// Events as text, tasks kept for the test to run.
struct RunEventQueueTest : testing::Test {
  std::vector<std::string> got{}, warnings{};
  std::vector<Task> tasks{};
  int rooms = 0;
  std::shared_ptr<Backlog> backlog = std::make_shared<Backlog>(1000, [this] { ++rooms; });
  RunEventQueue::Executor executor = [this](Task task) { tasks.push_back(std::move(task)); };

  RunEvents events() {
    return {
        .on_status = [this](azureml::Run const&, RunDetails const& d) { got.push_back("status " + d.status.name()); },
        .on_log =
            [this](azureml::Run const&, std::string text, LogCursor cursor) {
              got.push_back("log " + text + "@" + std::to_string(cursor.position("log")));
            },
        .on_finished = [this](azureml::Run const&,
                              RunDetails const& d) { got.push_back("finished " + d.status.name()); },
        .on_trouble =
            [this](azureml::Run const&, Error const& e) {
              got.push_back(dynamic_cast<TransportError const*>(&e) ? "transport" : "trouble");
            }};
  }
  std::shared_ptr<RunEventQueue> queue(RunEvents given) {
    return std::make_shared<RunEventQueue>(a_run(&warnings), std::move(given), executor, backlog);
  }
  std::shared_ptr<RunEventQueue> queue() { return queue(events()); }
  void run_tasks() {
    for (int i = 0; i < 100 && !tasks.empty(); ++i) {
      auto const now = std::exchange(tasks, {});
      for (auto const& task : now) task();
    }
  }
};

TEST_F(RunEventQueueTest, Events_KeepTheirOrder) {
  auto const q = queue();
  q->put_status(details("Running"));
  q->put_log("one\n", at(4));
  q->put_log("two\n", at(8));
  q->put_finished(details("Completed"));
  EXPECT_THAT(got, IsEmpty());
  q->dispatch();
  q->dispatch();
  EXPECT_EQ(tasks.size(), 1U);  // one task, however often it is asked
  run_tasks();
  EXPECT_THAT(got, ElementsAre("status Running", "log one\ntwo\n@8", "finished Completed"));
  EXPECT_TRUE(q->empty());
}

TEST_F(RunEventQueueTest, StatusNotTakenYet_IsReplacedByTheNext) {
  auto const q = queue();
  q->put_status(details("Starting"));
  q->put_log("a", at(1));
  q->put_status(details("Running"));
  q->dispatch();
  run_tasks();
  q->put_status(details("Finalizing"));
  q->dispatch();
  run_tasks();
  EXPECT_THAT(got, ElementsAre("log a@1", "status Running", "status Finalizing"));
}

TEST_F(RunEventQueueTest, Trouble_KeepsTheClassOfTheError) {
  auto const q = queue();
  q->put_trouble(std::make_exception_ptr(core::make_error<EngineError>("gone")));
  q->put_trouble(std::make_exception_ptr(core::make_error<TransportError>("lost")));
  q->dispatch();
  run_tasks();
  EXPECT_THAT(got, ElementsAre("transport"));
}

TEST_F(RunEventQueueTest, Ended_TellsNothingMoreNotEvenWhatTheExecutorHas) {
  auto const q = queue();
  q->put_log("a", at(1));
  q->dispatch();
  ASSERT_EQ(tasks.size(), 1U);
  q->end();
  run_tasks();
  q->put_log("b", at(2));
  q->dispatch();
  EXPECT_THAT(tasks, IsEmpty());
  EXPECT_THAT(got, IsEmpty());
  EXPECT_EQ(backlog->room(), 1000U);
}

TEST_F(RunEventQueueTest, Ended_ForgetsWhatTheCallbacksHold) {
  auto const held = std::make_shared<int>(1);
  auto const q = queue({.on_log = [held](azureml::Run const&, std::string, LogCursor) {}});
  EXPECT_EQ(held.use_count(), 2);
  q->end();
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(RunEventQueueTest, EndedWithinTheCallback_IsTheLastCallbackAndKeepsItsCapturesUntilItReturns) {
  auto const held = std::make_shared<int>(1);
  std::shared_ptr<RunEventQueue> q;
  long uses_within = 0;
  int calls = 0;
  q = queue({.on_status =
                 [&, held](azureml::Run const&, RunDetails const&) {
                   ++calls;
                   q->end();
                   uses_within = held.use_count();
                 },
             .on_finished = [&](azureml::Run const&, RunDetails const&) { ++calls; }});
  q->put_status(details("Running"));
  q->put_finished(details("Completed"));
  q->dispatch();
  run_tasks();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(uses_within, 2);
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(RunEventQueueTest, EndedFromAnotherThread_WaitsForTheCallbackThatRuns) {
  std::promise<void> started, go_on;
  std::atomic<bool> returned{false};
  auto const q = queue({.on_status = [&](azureml::Run const&, RunDetails const&) {
    started.set_value();
    go_on.get_future().wait();
    returned = true;
  }});
  q->put_status(details("Running"));
  q->dispatch();
  std::jthread const application([this] { tasks.front()(); });
  started.get_future().wait();
  std::atomic<bool> ended{false};
  bool returned_before_the_end = false;
  std::jthread ending([&] {
    q->end();
    returned_before_the_end = returned;
    ended = true;
  });
  EXPECT_FALSE(ended);
  go_on.set_value();
  ending.join();
  EXPECT_TRUE(returned_before_the_end);
}

TEST_F(RunEventQueueTest, Backlog_CountsWhatWaitsAndSaysWhenThereIsRoomAgain) {
  auto const q = queue();
  q->put_log(std::string(900, 'x'), at(900));
  EXPECT_EQ(backlog->room(), 0U);
  EXPECT_EQ(rooms, 0);
  q->dispatch();
  run_tasks();
  EXPECT_EQ(backlog->room(), 1000U);
  EXPECT_EQ(rooms, 1);
}

TEST_F(RunEventQueueTest, CallbackThatThrows_IsLoggedAndTheNextComes) {
  auto given = events();
  given.on_status = [](azureml::Run const&, RunDetails const&) { throw std::runtime_error("oops"); };
  auto const q = queue(std::move(given));
  q->put_status(details("Running"));
  q->put_log("a", at(1));
  q->dispatch();
  run_tasks();
  EXPECT_THAT(got, ElementsAre("log a@1"));
  EXPECT_THAT(warnings, ElementsAre(testing::HasSubstr("oops")));
}

TEST_F(RunEventQueueTest, ExecutorThatThrows_IsAskedAgain) {
  int asked = 0;
  auto const keeps = executor;
  executor = [&](Task task) {
    if (++asked == 1) throw std::runtime_error("shutting down");
    keeps(std::move(task));
  };
  auto const q = queue();
  q->put_log("a", at(1));
  q->dispatch();
  EXPECT_THAT(tasks, IsEmpty());
  q->dispatch();
  run_tasks();
  EXPECT_THAT(got, ElementsAre("log a@1"));
  EXPECT_EQ(warnings.size(), 1U);
}

TEST_F(RunEventQueueTest, ManyEvents_LetOtherTasksOfTheExecutorHaveTheirTurn) {
  auto const q = queue();
  for (std::size_t i = 1; i <= 40; ++i) q->put_log(std::string(64 * 1024, 'x'), at(i));  // too large to be put together
  q->dispatch();
  std::size_t turns = 0;
  while (!tasks.empty()) {
    ++turns;
    auto const task = std::exchange(tasks, {}).front();
    task();
  }
  EXPECT_EQ(got.size(), 40U);
  EXPECT_GT(turns, 1U);
}

TEST_F(RunEventQueueTest, FilledAndEmptiedByManyThreads_GivesEachByteOnceAndOneCallbackAtATime) {
  std::mutex mutex;
  std::vector<std::jthread> workers;
  executor = [&](Task task) {
    std::lock_guard const lock(mutex);
    workers.emplace_back(std::move(task));
  };
  backlog = std::make_shared<Backlog>(1 << 20, Task{});
  std::string text;
  std::atomic<int> inside{0};
  std::atomic<bool> together{false};
  std::promise<void> finished;
  auto const q = queue({.on_log =
                            [&](azureml::Run const&, std::string const& piece, LogCursor const&) {
                              if (++inside > 1) together = true;
                              text += piece;
                              --inside;
                            },
                        .on_finished = [&](azureml::Run const&, RunDetails const&) { finished.set_value(); }});
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    auto const piece = std::to_string(i) + "\n";
    expected += piece;
    q->put_log(piece, at(expected.size()));
    q->dispatch();
  }
  q->put_finished(details("Completed"));
  q->dispatch();
  finished.get_future().wait();
  q->end();
  EXPECT_EQ(text, expected);
  EXPECT_FALSE(together);
  std::lock_guard const lock(mutex);
  workers.clear();
}

}  // namespace
}  // namespace azureml::api
