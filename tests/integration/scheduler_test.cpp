#include "integration/engine_fixture.hpp"

#include <algorithm>
#include <csignal>
#include <future>
#include <set>

namespace azureml::test {
namespace {

using Scheduling = EngineTest;

constexpr char kUntilGate[] = "import os, sys, time\nprint('up', flush=True)\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)\n";

TEST_F(Scheduling, WaitingRuns_TellTheirPlaceAndKeepItWhenTheEngineIsKilled) {
  auto const workspace = attach();
  auto estimator = script(kUntilGate);
  estimator.script_params = {{"", path("gate")}};
  auto const experiment = workspace.experiment("places");
  std::vector<azureml::Run> runs;
  for (int i = 0; i < 4; ++i) runs.push_back(experiment.submit(estimator));
  ASSERT_TRUE(eventually([&] { return runs[0].get_status() == RunState::running; }));
  auto const place = [&](azureml::Run const& run) {
    auto const position = run.get_details().queue_position;
    return position ? std::to_string(*position) : std::string("none");
  };
  auto const expect_places = [&] {
    EXPECT_EQ(place(runs[0]), "none");
    for (std::size_t i = 1; i < runs.size(); ++i) EXPECT_EQ(place(runs[i]), std::to_string(i));
  };
  expect_places();
  EXPECT_EQ(runs[3].get_details().queue_length, 3);
  auto const engine = engine_pid();
  ASSERT_EQ(::kill(engine, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return ::kill(engine, 0) != 0; }));
  expect_places();
  EXPECT_EQ(runs[1].cancel().status, RunState::canceled);
  EXPECT_EQ(place(runs[2]), "1");
  write("gate", "");
  std::vector<std::chrono::system_clock::time_point> starts;
  for (auto const at : {0, 2, 3}) starts.push_back(runs[static_cast<std::size_t>(at)].wait_for_completion().start_time_utc.value());
  EXPECT_TRUE(std::is_sorted(starts.begin(), starts.end()));
}

TEST_F(Scheduling, GpusNamedInTheConfiguration_AreGivenOneToEachRunAndTooManyAreRefused) {
  write("home/config.json", R"({"cpus": 4, "gpus": ["GPU-left", "GPU-right"]})");
  auto const workspace = attach();
  auto estimator = script("import os, sys, time\nprint(os.environ['CUDA_VISIBLE_DEVICES'], flush=True)\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)\n");
  estimator.script_params = {{"", path("gate")}};
  auto const experiment = workspace.experiment("gpus");
  auto const without = experiment.submit(estimator);
  estimator.use_gpu = true;
  std::vector<azureml::Run> runs;
  for (int i = 0; i < 3; ++i) runs.push_back(experiment.submit(estimator));
  ASSERT_TRUE(eventually([&] { return runs[1].get_status() == RunState::running && without.get_status() == RunState::running; }));
  EXPECT_EQ(runs[2].get_status(), RunState::queued);
  write("gate", "");
  std::multiset<std::string> seen;
  for (auto const& run : runs) seen.insert(log_of(run));
  EXPECT_EQ(seen.count("GPU-left\n") + seen.count("GPU-right\n"), 3U);
  EXPECT_EQ(log_of(runs[0]), "GPU-left\n");
  EXPECT_EQ(log_of(runs[1]), "GPU-right\n");
  EXPECT_EQ(log_of(without), "\n");
}

TEST_F(Scheduling, GpuOnAnEngineWithoutOne_IsRefusedAtSubmitWithBothNumbers) {
  auto const workspace = attach();
  auto estimator = script("pass\n");
  estimator.use_gpu = true;
  auto const experiment = workspace.experiment("gpus");
  auto const id = experiment.new_run_id();
  try {
    experiment.submit(estimator, {.run_id = id});
    FAIL() << "there is no GPU";
  } catch (ServiceError const& error) {
    EXPECT_NE(std::string(error.what()).find("asks for 1 GPU, and this engine has 0"), std::string::npos) << error.what();
  }
  EXPECT_THROW(workspace.get_run(id), NotFoundError);
}

TEST_F(Scheduling, LimitOfTime_IsKeptByTheSupervisorThoughTheEngineIsDead) {
  auto const workspace = attach();
  auto estimator = script(
      "import signal, subprocess, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nsubprocess.Popen(['setsid', 'sleep', '1000'])\n"
      "print('up', flush=True)\nwhile True: time.sleep(1)\n");
  estimator.max_run_duration = std::chrono::seconds(2);
  auto const run = workspace.experiment("limit").submit(estimator);
  ASSERT_TRUE(eventually([&] { return processes_of(run.id()).size() >= 2; }));
  ::kill(engine_pid(), SIGKILL);
  EXPECT_TRUE(eventually([&] { return processes_of(run.id()).empty() && supervisor_of(run.id()) == 0; }));
  auto const details = attach().get_run(run.id()).get_details();
  EXPECT_EQ(details.status, RunState::failed);
  ASSERT_TRUE(details.error);
  EXPECT_EQ(details.error->code, "JobTimedOut");
  EXPECT_NE(details.error->message.find("limits.timeout of 2 seconds"), std::string::npos);
}

TEST_F(Scheduling, OneIdFromManyThreadsAndClients_IsOneRun) {
  auto const estimator = script("open('" + path("ran").string() + "', 'a').write('once')\n");
  auto const workspace = attach();
  auto const id = workspace.experiment("once").new_run_id();
  std::vector<std::future<std::string>> threads;
  for (int i = 0; i < 12; ++i)
    threads.push_back(std::async(std::launch::async, [&, i] {
      auto const own = i % 3 == 0 ? attach() : workspace;  // as another program would
      return own.experiment("once").submit(estimator, {.run_id = id}).id();
    }));
  for (auto& each : threads) EXPECT_EQ(each.get(), id);
  EXPECT_EQ(workspace.get_runs().to_vector().size(), 1U);
  EXPECT_EQ(workspace.get_run(id).wait_for_completion().status, RunState::completed);
  EXPECT_EQ(text_of(path("ran")), "once");
}

TEST_F(Scheduling, OneIdWithDifferentDefinitions_IsTheFirstAndTheOthersAreToldWhatDiffers) {
  auto const workspace = attach();
  auto const experiment = workspace.experiment("differs");
  auto const estimator = script("pass\n");
  auto const id = experiment.new_run_id();
  std::vector<std::future<std::string>> threads;
  for (int i = 0; i < 6; ++i)
    threads.push_back(std::async(std::launch::async, [&, i]() -> std::string {
      auto own = estimator;
      own.environment_variables = {{"WHICH", std::to_string(i)}};
      try {
        return experiment.submit(own, {.run_id = id}).id();
      } catch (ServiceError const& error) {
        EXPECT_EQ(error.status(), 409);
        EXPECT_NE(std::string(error.what()).find("WHICH"), std::string::npos) << error.what();
        return "refused";
      }
    }));
  std::multiset<std::string> answers;
  for (auto& each : threads) answers.insert(each.get());
  EXPECT_EQ(answers.count(id), 1U);
  EXPECT_EQ(answers.count("refused"), 5U);
  EXPECT_EQ(workspace.get_run(id).wait_for_completion().status, RunState::completed);
}

}  // namespace
}  // namespace azureml::test
