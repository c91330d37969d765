#include "run_fixture.hpp"

#include <atomic>
#include <thread>

namespace azureml::test {
namespace {

using testing::ElementsAre;

struct WaitManyTest : RunTest {
  azureml::Run with_steps(std::string const& id, std::vector<std::string> const& words) {
    std::vector<MockStep> steps;
    for (auto const& word : words) steps.push_back({.status = word});
    service.add_job(id, "{}", std::move(steps));
    return workspace.get_run(id);
  }
  static std::vector<std::string> words(std::vector<RunDetails> const& all) {
    std::vector<std::string> result;
    for (auto const& details : all) result.push_back(details.run_id + " " + details.status.name());
    return result;
  }
};

TEST_F(WaitManyTest, All_ReturnsTheDetailsInTheOrderGiven) {
  auto const slow = with_steps("slow", {"Running", "Running", "Failed"});
  auto const quick = with_steps("quick", {"Running", "Completed"});
  service.server().on("GET", MockService::workspace_path() + "/jobs",
                      json_reply(R"({"value":[]})"));  // asked one by one
  EXPECT_THAT(words(wait_all({slow, run, quick, slow})),
              ElementsAre("slow Failed", "run_1 Completed", "quick Completed", "slow Failed"));
}

TEST_F(WaitManyTest, All_AsksForTheStatusOfAllAtOnceAndForDetailsOnlyAtTheEnd) {
  std::vector<azureml::Run> runs;
  for (auto const* id : {"a", "b"}) runs.push_back(with_steps(id, {"Completed"}));
  int asked = 0;
  service.server().on("GET", MockService::workspace_path() + "/jobs", [&asked](MockRequest const&) {
    auto const* word = ++asked < 5 ? "Running" : "Completed";
    std::string const job(word);
    return json_reply(R"({"value":[{"name":"a","properties":{"status":")" + job +
                      R"("}},{"name":"b","properties":{"status":")" + job + R"("}}]})");
  });
  EXPECT_THAT(words(wait_all(runs)), ElementsAre("a Completed", "b Completed"));
  EXPECT_EQ(asked, 5);
  EXPECT_EQ(RunTest::asked("GET", "/details"), 2U);
  EXPECT_EQ(clock.waits().size(), 4U);
}

TEST_F(WaitManyTest, All_OfNoneIsNone) {
  EXPECT_TRUE(wait_all({}).empty());
}

TEST_F(WaitManyTest, Any_ReturnsTheFirstThatEnds) {
  auto const slow =
      with_steps("slow", {"Running", "Running", "Running", "Running", "Running", "Running", "Running", "Completed"});
  auto const quick = with_steps("quick", {"Queued", "Running", "Canceled"});
  service.server().on("GET", MockService::workspace_path() + "/jobs", json_reply(R"({"value":[]})"));
  EXPECT_EQ(wait_any({slow, quick}), 1U);
  EXPECT_EQ(wait_any({run, quick}), 0U);
  EXPECT_THROW((void)wait_any({}), ValidationError);
}

TEST_F(WaitManyTest, OnAServerThatHolds_TheQuestionIsHeldAndNothingSleeps) {
  service.announce(20'000);
  auto const one = with_steps("one", {"Running", "Running", "Completed"});
  auto const two = with_steps("two", {"Running", "Completed"});
  service.server().on("GET", MockService::workspace_path() + "/jobs", json_reply(R"({"value":[]})"));
  EXPECT_THAT(words(wait_all({one, two})), ElementsAre("one Completed", "two Completed"));
  EXPECT_EQ(clock.waits().size(), 0U);
  auto const requests = service.server().requests();
  EXPECT_TRUE(std::any_of(requests.begin(), requests.end(),
                          [](auto const& request) { return request.header("Prefer") == "wait=1"; }));
}

TEST_F(WaitManyTest, TimeThatIsUp_EndsTheWait) {
  auto const endless = with_steps("endless", {"Running"});
  auto const error = thrown<StoppedError>([&] { (void)wait_all({endless, run}, within(std::chrono::minutes(10))); });
  EXPECT_TRUE(error.timed_out());
  EXPECT_EQ(clock.slept(), std::chrono::minutes(10));
}

/// A clock whose waits end only by a stop, and are counted when they have begun.
class SleepingClock final : public base::Clock {
 public:
  [[nodiscard]] std::chrono::system_clock::time_point now() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const override {
    return std::chrono::steady_clock::now();
  }
  bool wait_for(std::chrono::nanoseconds, std::stop_token const& stop) override {
    ++sleeping_;
    sleeping_.notify_all();
    return base::real_clock().wait_for(std::chrono::hours(24), stop);
  }
  void wait_until_sleeping(int waits) const {
    for (int now = sleeping_; now < waits; now = sleeping_) sleeping_.wait(now);
  }

 private:
  std::atomic<int> sleeping_{0};
};

TEST_F(WaitManyTest, StopRequested_WakesEveryKindOfWaitAtOnce) {
  constexpr int kKinds = 4, kEach = 6;
  service.add_job("endless", "{}", {{.status = "Running"}});
  SleepingClock clock_that_sleeps;
  http::PipelineOptions options;
  options.token = [](bool, Context const&) { return MockService::kToken; };
  options.clock = &clock_that_sleeps;
  auto const real = detail::Access::make_handle<Workspace>(
      api::WorkspaceState{.connection = {.pipeline = http::Pipeline(options),
                                         .resource_manager = service.endpoint(),
                                         .workspace_path = MockService::workspace_path()}});
  auto const endless = real.get_run("endless");
  std::stop_source stop;
  Context const context{.stop = stop.get_token()};
  std::atomic<int> stopped{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < kKinds * kEach; ++i) {
    threads.emplace_back([&, kind = i % kKinds] {
      try {
        if (kind == 0) (void)endless.wait_for_completion({}, context);
        if (kind == 1) endless.follow_logs([](LogChunk const&) {}, {}, context);
        if (kind == 2) (void)wait_all({endless, endless}, context);
        if (kind == 3) (void)wait_any({endless}, context);
      } catch (StoppedError const& error) {
        if (!error.timed_out()) ++stopped;
      }
    });
  }
  clock_that_sleeps.wait_until_sleeping(kKinds * kEach);
  stop.request_stop();
  threads.clear();
  EXPECT_EQ(stopped, kKinds * kEach);
}

}  // namespace
}  // namespace azureml::test
