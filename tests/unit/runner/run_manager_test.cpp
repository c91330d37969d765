#include "engine/runner/run_manager.hpp"

#include "base/uuid.hpp"
#include "engine/runner/journal.hpp"
#include "engine/runner/processes.hpp"
#include "engine/runner/run_paths.hpp"
#include "engine/store/store.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <poll.h>
#include <signal.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct RunManagerTest : ::testing::Test {
  RunManagerTest() {
    fs::create_directories(home.runs());
    options.program = SUPERVISE_HELPER;
    options.cpus = 2;
    options.cancel_grace = 200ms;
  }
  ~RunManagerTest() override {
    stop();
    for (auto const& entry : fs::directory_iterator(home.runs())) {
      auto const id = entry.path().filename().string();
      end_processes({.run_id = id}, 0ms, 10s);
    }
  }

  void start() {
    threads = std::make_unique<store::StoreThread>(std::make_unique<store::Store>(home.database()), logging::Logger{});
    manager = std::make_unique<RunManager>(home, options, *threads, notifier, logging::Logger{});
    manager->start();
  }
  /// As when the engine is ended, or killed: everything it knows is in the store and in the journals.
  void stop() {
    manager.reset();
    threads.reset();
  }

  void add(std::string const& id, std::string const& command, store::StringMap const& properties = {}) {
    nlohmann::json const definition{{"jobType", "Command"}, {"command", command}};
    threads->call([&](store::Store& database) {
      database.ensure_experiment("e");
      return database.add_job({.name = id, .experiment = "e", .definition = definition.dump(), .properties = properties, .created = std::chrono::system_clock::now()});
    });
  }
  void submit(std::string const& id, std::string const& command, store::StringMap const& properties = {}) {
    add(id, command, properties);
    manager->submitted(id, resources_of(properties));
  }
  /// Everything that was ordered before has been carried out.
  void settle() {
    auto const id = "settle" + base::random_hex(8);
    submit(id, "true", {{"azureml-cpp.gpus", "1000"}});
    ASSERT_EQ(wait_end(id), "Failed");
  }
  void cancel(std::string const& id) {
    threads->call([&](store::Store& database) { database.request_cancel(id); });
    manager->cancel_requested(id);
  }
  store::JobRecord job(std::string const& id) {
    return threads->call([&](store::Store& database) { return database.find_job(id).value(); });
  }
  /// Waits for what the notifier says about the run.
  template <class Condition>
  bool wait(std::string const& id, Condition condition) {
    struct Told {
      std::mutex mutex{};
      std::condition_variable changed{};
      int count = 1;
    };
    auto const told = std::make_shared<Told>();  // a callback may come once more when the subscription has ended
    auto const subscription = notifier.subscribe("run:" + id, [told] {
      std::lock_guard lock{told->mutex};
      ++told->count;
      told->changed.notify_all();
    });
    auto const deadline = std::chrono::steady_clock::now() + 60s;
    for (;;) {
      {
        std::unique_lock lock{told->mutex};
        if (!told->changed.wait_until(lock, deadline, [&] { return told->count > 0; })) return false;
        told->count = 0;
      }
      if (condition()) return true;
    }
  }
  std::string wait_status(std::string const& id, std::string const& status) {
    wait(id, [&] { return job(id).status == status || store::is_terminal(job(id).status); });
    return job(id).status;
  }
  std::string wait_end(std::string const& id) {
    wait(id, [&] { return store::is_terminal(job(id).status); });
    return job(id).status;
  }
  /// A run gives its slot back some time after it has told its end.
  [[nodiscard]] bool wait_until_idle() const {
    auto const deadline = std::chrono::steady_clock::now() + 60s;
    while (manager->active() > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(1ms);
    return manager->active() == 0;
  }
  [[nodiscard]] bool wait_log(std::string const& id, std::string const& text) {
    return wait(id, [&] { return log_of(id).find(text) != std::string::npos; });
  }
  [[nodiscard]] std::string log_of(std::string const& id) const { return test::read_text(RunPaths{home.run(id)}.std_log()); }
  [[nodiscard]] pid_t supervisor_of(std::string const& id) const {
    return nlohmann::json::parse(JournalReader(RunPaths{home.run(id)}.journal()).read().at(0).text)["pid"].get<pid_t>();
  }
  [[nodiscard]] static bool process_left(std::string const& id) { return !find_processes({.run_id = id}).empty(); }

  test::TemporaryDirectory directory{};
  store::Home home{directory.path()};
  RunnerOptions options{};
  Notifier notifier{};
  std::unique_ptr<store::StoreThread> threads{};
  std::unique_ptr<RunManager> manager{};
  // Names that no other test's processes carry.
  std::string const a = "a" + base::random_hex(8), b = "b" + base::random_hex(8), c = "c" + base::random_hex(8);
};

TEST_F(RunManagerTest, SubmittedRun_GoesToItsEndAndIsRecorded) {
  options.context_variables = [](std::string const& run, std::string const& experiment, std::string const& id) {
    return std::map<std::string, std::string>{{"SEEN", run + "/" + experiment + "/" + (id.empty() ? "" : "id")}};
  };
  start();
  submit(a, "echo $SEEN; echo o > outputs/o");
  EXPECT_EQ(wait_end(a), "Completed");
  EXPECT_EQ(log_of(a), a + "/e/id\n");
  auto const record = job(a);
  EXPECT_TRUE(record.started && record.ended);
  EXPECT_TRUE(record.error.empty());
  EXPECT_EQ(test::read_text(home.artifacts(a) / "outputs/o"), "o\n");
  EXPECT_TRUE(wait_until_idle());
}

TEST_F(RunManagerTest, FailedRun_CarriesTheSupervisorsError) {
  start();
  submit(a, "echo why >&2; exit 4");
  EXPECT_EQ(wait_end(a), "Failed");
  auto const error = nlohmann::json::parse(job(a).error);
  EXPECT_EQ(error["exit_code"], 4);
  EXPECT_EQ(error["last_output"], "why\n");
}

TEST_F(RunManagerTest, MoreRunsThanSlots_WaitInOrderAndTellTheirPlace) {
  options.cpus = 1;
  start();
  submit(a, "echo up; while [ ! -e " + (directory.path() / "go").string() + " ]; do sleep 0.02; done");
  ASSERT_TRUE(wait_log(a, "up"));
  auto const order = (directory.path() / "order").string();
  submit(b, "echo b >> " + order);
  submit(c, "echo c >> " + order);
  EXPECT_EQ(wait_status(c, "Queued"), "Queued");
  EXPECT_EQ(job(c).status_detail, "");
  EXPECT_EQ(manager->queue_place(c), (std::pair<std::size_t, std::size_t>{2, 2}));
  EXPECT_EQ(manager->queue_place(b), (std::pair<std::size_t, std::size_t>{1, 2}));
  EXPECT_EQ(manager->queue_place(a).first, 0U);
  test::write_text(directory.path() / "go", "");
  EXPECT_EQ(wait_end(c), "Completed");
  EXPECT_EQ(test::read_text(order), "b\nc\n");
}

TEST_F(RunManagerTest, ThousandQueuedRuns_CostNoProcessNoThreadAndNoFileAndKeepTheirOrderOverARestart) {
  constexpr std::size_t kRuns = 1000;
  auto const threads_now = [] { return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator()); };
  options.cpus = 1;
  start();
  submit(a, "echo up; sleep 300");
  ASSERT_TRUE(wait_log(a, "up"));
  auto const threads_before = threads_now();
  for (std::size_t i = 0; i < kRuns; ++i) submit(b + std::to_string(i), "true");
  EXPECT_EQ(wait_status(b + std::to_string(kRuns - 1), "Queued"), "Queued");
  EXPECT_EQ(manager->active(), kRuns + 1);
  EXPECT_EQ(threads_now(), threads_before);
  EXPECT_EQ(std::distance(fs::directory_iterator(home.runs()), fs::directory_iterator()), 1);
  stop();
  start();
  for (std::size_t i = 0; i < kRuns; ++i)
    ASSERT_EQ(manager->queue_place(b + std::to_string(i)), (std::pair<std::size_t, std::size_t>{i + 1, kRuns}));
  EXPECT_EQ(std::distance(fs::directory_iterator(home.runs()), fs::directory_iterator()), 1);
  for (std::size_t i = 0; i < kRuns; ++i) cancel(b + std::to_string(i));
  EXPECT_EQ(wait_end(b + std::to_string(kRuns - 1)), "Canceled");
  EXPECT_EQ(job(b + "0").status, "Canceled");
  EXPECT_FALSE(job(b + "500").started);
  cancel(a);
  EXPECT_EQ(wait_end(a), "Canceled");
  EXPECT_FALSE(process_left(a));
}

TEST_F(RunManagerTest, Cpus_AreWhatARunAsksForAndTellTheScriptItsThreads) {
  options.cpus = 3;
  start();
  auto const go = (directory.path() / "go").string();
  submit(a, "echo $OMP_NUM_THREADS up; while [ ! -e " + go + " ]; do sleep 0.02; done", {{"azureml-cpp.cpus", "2"}});
  ASSERT_TRUE(wait_log(a, "2 up"));
  submit(b, "echo $OMP_NUM_THREADS", {{"azureml-cpp.cpus", "2"}});
  submit(c, "echo $OMP_NUM_THREADS");
  EXPECT_EQ(wait_end(c), "Completed");  // passes the one that does not fit
  EXPECT_EQ(log_of(c), "1\n");
  EXPECT_EQ(job(b).status, "Queued");
  test::write_text(go, "");
  EXPECT_EQ(wait_end(b), "Completed");
  EXPECT_TRUE(job(b).warnings.empty());
}

TEST_F(RunManagerTest, RunThatAsksForMoreThanThereIs_RunsAloneAndIsWarnedAtOnce) {
  start();
  submit(a, "echo $OMP_NUM_THREADS up; sleep 300", {{"azureml-cpp.cpus", "5"}});
  ASSERT_TRUE(wait_log(a, "2 up"));
  EXPECT_THAT(job(a).warnings, ::testing::ElementsAre("the run asks for 5 cpus, but there are only 2 cpus: it runs alone, with what there is"));
  submit(b, "true");
  EXPECT_EQ(wait_status(b, "Queued"), "Queued");
  stop();
  start();  // the next engine leaves it alone, too
  settle();
  EXPECT_EQ(job(b).status, "Queued");
  cancel(a);
  EXPECT_EQ(wait_end(a), "Canceled");
  EXPECT_EQ(job(a).warnings.size(), 1U);
  EXPECT_EQ(wait_end(b), "Completed");
}

TEST_F(RunManagerTest, Gpus_AreNamedToTheScriptAndKeptOverARestartOfTheEngine) {
  options.cpus = 8;
  options.gpus = {"GPU-x", "GPU-y"};
  start();
  auto const go = (directory.path() / "go").string();
  auto const print = "echo \"[$CUDA_VISIBLE_DEVICES]\"";
  submit(a, std::string(print) + "; while [ ! -e " + go + " ]; do sleep 0.02; done", {{"azureml-cpp.use_gpu", "true"}});
  ASSERT_TRUE(wait_log(a, "[GPU-x]"));
  submit(c, print);
  EXPECT_EQ(wait_end(c), "Completed");
  EXPECT_EQ(log_of(c), "[]\n");  // another's GPUs are hidden from a run without one
  stop();
  start();
  submit(b, print, {{"azureml-cpp.gpus", "2"}});
  auto const d = "d" + c;
  submit(d, print, {{"azureml-cpp.gpus", "1"}});
  EXPECT_EQ(wait_end(d), "Completed");
  EXPECT_EQ(log_of(d), "[GPU-y]\n");
  EXPECT_EQ(job(b).status, "Queued");
  test::write_text(go, "");
  EXPECT_EQ(wait_end(b), "Completed");
  EXPECT_EQ(log_of(b), "[GPU-x,GPU-y]\n");
}

TEST_F(RunManagerTest, QueuedRunOfAnEngineThatHadMoreGpus_FailsWithBothNumbers) {
  options.gpus = {"0", "1"};
  options.cpus = 1;
  start();
  submit(a, "echo up; sleep 300");
  ASSERT_TRUE(wait_log(a, "up"));
  submit(b, "true", {{"azureml-cpp.gpus", "2"}});
  EXPECT_EQ(wait_status(b, "Queued"), "Queued");
  stop();
  options.gpus = {"0"};
  start();
  EXPECT_EQ(wait_end(b), "Failed");
  auto const error = nlohmann::json::parse(job(b).error);
  EXPECT_EQ(error["code"], "NotEnoughGpus");
  EXPECT_THAT(error["message"].get<std::string>(), HasSubstr("asks for 2 GPUs, and this engine has 1"));
  cancel(a);
  EXPECT_EQ(wait_end(a), "Canceled");
}

TEST_F(RunManagerTest, CancelOfARunningRun_EndsItAndFreesTheSlot) {
  options.cpus = 1;
  start();
  submit(a, "echo o > outputs/o; trap '' TERM; setsid sleep 300 & echo up; sleep 300; sleep 300");
  ASSERT_TRUE(wait_log(a, "up"));
  submit(b, "true");
  cancel(a);
  EXPECT_EQ(wait_end(a), "Canceled");
  EXPECT_FALSE(process_left(a));
  EXPECT_EQ(test::read_text(home.artifacts(a) / "outputs/o"), "o\n");
  EXPECT_EQ(wait_end(b), "Completed");
}

TEST_F(RunManagerTest, EngineThatEndsAndComesBack_FindsItsRunsAsIfNothingHadBeen) {
  start();
  auto const go = (directory.path() / "go").string();
  submit(a, "echo up; while [ ! -e " + go + " ]; do sleep 0.02; done; echo after");
  submit(b, "echo up; while [ ! -e " + go + " ]; do sleep 0.02; done; exit 5");
  ASSERT_TRUE(wait_log(a, "up"));
  ASSERT_TRUE(wait_log(b, "up"));
  submit(c, "echo queued run");
  stop();
  start();
  EXPECT_EQ(manager->active(), 3U);
  EXPECT_EQ(wait_status(a, "Running"), "Running");
  test::write_text(go, "");
  EXPECT_EQ(wait_end(a), "Completed");
  EXPECT_EQ(wait_end(b), "Failed");
  EXPECT_EQ(wait_end(c), "Completed");
  EXPECT_EQ(log_of(a), "up\nafter\n");
}

TEST_F(RunManagerTest, RunThatEndsWhileNoEngineIsThere_IsFoldedInLater) {
  start();
  auto const go = (directory.path() / "go").string();
  submit(a, "echo up; while [ ! -e " + go + " ]; do sleep 0.02; done; exit 6");
  ASSERT_TRUE(wait_log(a, "up"));
  auto const supervisor = open_process(supervisor_of(a));
  stop();
  test::write_text(go, "");
  pollfd ended{supervisor.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&ended, 1, 30'000), 1);
  start();
  EXPECT_EQ(wait_end(a), "Failed");
  EXPECT_EQ(nlohmann::json::parse(job(a).error)["exit_code"], 6);
}

TEST_F(RunManagerTest, EngineKilledBetweenTheAttemptAndTheSpawn_StartsTheRunOnce) {
  start();
  add(a, "echo once");
  threads->call([&](store::Store& database) { database.change_job(a, {.attempt_id = "never spawned"}); });
  stop();
  start();
  EXPECT_EQ(wait_end(a), "Completed");
  EXPECT_EQ(log_of(a), "once\n");
}

TEST_F(RunManagerTest, KilledSupervisorOfARunningRun_IsFoundAtOnceAndItsResultsAreKept) {
  start();
  submit(a, "echo o > outputs/o; echo l > logs/l; setsid sh -c \"trap '' TERM; sleep 300\" & sleep 0.01; echo up; exec sleep 300");
  ASSERT_TRUE(wait_log(a, "up"));
  ASSERT_EQ(::kill(supervisor_of(a), SIGKILL), 0);
  EXPECT_EQ(wait_end(a), "Failed");
  auto const error = nlohmann::json::parse(job(a).error);
  EXPECT_EQ(error["code"], "SupervisorLost");
  EXPECT_THAT(error["message"].get<std::string>(), HasSubstr("killed"));
  EXPECT_EQ(error["last_output"], "up\n");
  EXPECT_FALSE(process_left(a));
  EXPECT_EQ(log_of(a), "up\n");
  EXPECT_EQ(test::read_text(home.artifacts(a) / "outputs/o"), "o\n");
  EXPECT_EQ(test::read_text(home.artifacts(a) / "logs/l"), "l\n");
  EXPECT_FALSE(fs::exists(RunPaths{home.run(a)}.work()));
  submit(b, "true");
  EXPECT_EQ(wait_end(b), "Completed");
}

TEST_F(RunManagerTest, SupervisorKilledWhileNoEngineIsThere_IsFoundByTheNextOne) {
  start();
  submit(a, "echo up; sleep 300");
  ASSERT_TRUE(wait_log(a, "up"));
  auto const supervisor = supervisor_of(a);
  stop();
  ::kill(supervisor, SIGKILL);
  start();
  EXPECT_EQ(wait_end(a), "Failed");
  EXPECT_EQ(nlohmann::json::parse(job(a).error)["code"], "SupervisorLost");
  EXPECT_FALSE(process_left(a));
}

TEST_F(RunManagerTest, SupervisorKilledAfterTheCancel_IsCanceled) {
  options.cancel_grace = 100s;
  start();
  submit(a, "trap '' TERM; echo up; sleep 300; sleep 300");
  ASSERT_TRUE(wait_log(a, "up"));
  cancel(a);
  EXPECT_EQ(job(a).status, "CancelRequested");
  ::kill(supervisor_of(a), SIGKILL);
  stop();
  options.cancel_grace = 100ms;
  start();
  EXPECT_EQ(wait_end(a), "Canceled");
  EXPECT_FALSE(process_left(a));
}

TEST_F(RunManagerTest, JournalCutAfterEachRecord_JudgesTheRunLostOrDone) {
  start();
  submit(a, "echo x; echo o > outputs/o");
  ASSERT_EQ(wait_end(a), "Completed");
  stop();
  auto const whole = test::read_text(RunPaths{home.run(a)}.journal());
  std::vector<std::size_t> ends;
  for (auto at = whole.find('\n'); at != std::string::npos; at = whole.find('\n', at + 1)) ends.push_back(at + 1);
  ASSERT_EQ(ends.size(), 6U);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    start();
    auto const id = "cut" + std::to_string(i) + a;
    add(id, "true");
    threads->call([&](store::Store& database) { database.change_job(id, {.attempt_id = "x"}); });
    stop();
    // The next record was being written when the supervisor was killed.
    test::write_text(RunPaths{home.run(id)}.journal(), whole.substr(0, std::min(ends[i] + 10, whole.size())));
    test::write_text(RunPaths{home.run(id)}.work() / "outputs/half", "kept");
    start();
    EXPECT_EQ(wait_end(id), i + 1 == ends.size() ? "Completed" : "Failed") << i;
    if (i + 1 < ends.size()) {
      EXPECT_EQ(nlohmann::json::parse(job(id).error)["code"], "SupervisorLost") << i;
      EXPECT_EQ(test::read_text(home.artifacts(id) / "outputs/half"), "kept") << i;
    }
    stop();
  }
  start();
}

TEST_F(RunManagerTest, DamagedJournal_FailsTheRunNamingIt) {
  start();
  add(a, "true");
  threads->call([&](store::Store& database) { database.change_job(a, {.attempt_id = "x"}); });
  stop();
  auto second = encode_journal_line(2, "t", "started", {});
  second[5] ^= 1;
  test::write_text(RunPaths{home.run(a)}.journal(), encode_journal_line(1, "t", "spawned", {{"pid", 0}}) + second);
  start();
  EXPECT_EQ(wait_end(a), "Failed");
  EXPECT_THAT(nlohmann::json::parse(job(a).error)["message"].get<std::string>(), HasSubstr("record 2 of the journal is damaged"));
}

TEST_F(RunManagerTest, MachineRestarted_IsSaidAndNoStrangerIsKilled) {
  start();
  add(a, "true");
  threads->call([&](store::Store& database) { database.change_job(a, {.attempt_id = "x"}); });
  stop();
  test::write_text(RunPaths{home.run(a)}.journal(),
                   encode_journal_line(1, "2026-01-01T00:00:00Z", "spawned", {{"pid", ::getpid()}, {"start_time", process_info(::getpid())->start_time}, {"boot_id", "another"}}));
  start();
  EXPECT_EQ(wait_end(a), "Failed");
  EXPECT_THAT(nlohmann::json::parse(job(a).error)["message"].get<std::string>(), HasSubstr("machine was restarted"));
}

TEST_F(RunManagerTest, SupervisorThatCannotBeStarted_FailsTheRunNamingTheProgram) {
  options.program = "/nonexistent/azureml";
  start();
  submit(a, "true");
  EXPECT_EQ(wait_end(a), "Failed");
  auto const error = nlohmann::json::parse(job(a).error);
  EXPECT_EQ(error["code"], "SupervisorStartFailed");
  EXPECT_THAT(error["message"].get<std::string>(), HasSubstr("/nonexistent/azureml"));
}

TEST_F(RunManagerTest, SupervisorThatEndsBeforeItsFirstRecord_FailsTheRun) {
  options.program = "/bin/false";
  start();
  submit(a, "true");
  EXPECT_EQ(wait_end(a), "Failed");
  EXPECT_EQ(nlohmann::json::parse(job(a).error)["code"], "SupervisorLost");
}

TEST_F(RunManagerTest, GrowingLog_IsToldToWhoWatches) {
  start();
  submit(a, "echo first; while [ ! -e " + (directory.path() / "go").string() + " ]; do sleep 0.02; done; echo second; sleep 300");
  ASSERT_TRUE(wait_log(a, "first"));
  test::write_text(directory.path() / "go", "");
  EXPECT_TRUE(wait_log(a, "second"));
  cancel(a);
  EXPECT_EQ(wait_end(a), "Canceled");
}

}  // namespace
}  // namespace azureml::engine::runner
