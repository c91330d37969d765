#include "integration/engine_fixture.hpp"

#include <gmock/gmock.h>

namespace azureml::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

using MainJob = EngineTest;

constexpr char kTraining[] = R"(
import os, sys
print("training", sys.argv[1:], flush=True)
print("to stderr", file=sys.stderr)
open("outputs/model.txt", "w").write("weights")
os.makedirs("outputs/deep/er")
open("outputs/deep/er/file.bin", "wb").write(bytes(range(256)) * 100)
open("logs/metrics.txt", "w").write("loss 0.5\n")
)";

TEST_F(MainJob, Submitted_RunsAndBringsBackLogAndFiles) {
  auto const workspace = attach();
  auto estimator = script(kTraining);
  estimator.script_params = {{"--alpha", 0.8}, {"--verbose", flag}};
  auto const run = workspace.experiment("main").submit(estimator, {.tags = {{"purpose", "test"}}, .display_name = "first"});

  std::string log;
  std::vector<std::string> words;
  auto const details = run.wait_for_completion({.on_log = [&](LogChunk const& chunk) { log += chunk.text; },
                                                .on_status = [&](RunDetails const& d) { words.push_back(d.status.name()); }});
  EXPECT_EQ(details.status, RunState::completed);
  EXPECT_FALSE(details.error);
  EXPECT_EQ(log, "training ['--alpha', '0.8', '--verbose']\nto stderr\n");
  EXPECT_EQ(words.back(), "Completed");
  EXPECT_TRUE(details.start_time_utc && details.end_time_utc && *details.start_time_utc <= *details.end_time_utc);
  EXPECT_EQ(details.tags.at("purpose"), "test");

  auto const files = run.get_file_names().to_vector();
  EXPECT_THAT(files, testing::ElementsAre("azureml-logs/20_image_build_log.txt", "logs/metrics.txt", "outputs/deep/er/file.bin", "outputs/model.txt", "user_logs/std_log.txt"));
  EXPECT_EQ(run.download_file("outputs/model.txt", path("down/here.txt")), path("down/here.txt"));
  EXPECT_EQ(text_of(path("down/here.txt")), "weights");
  std::filesystem::create_directory(path("folder"));
  EXPECT_EQ(run.download_file("outputs/deep/er/file.bin", path("folder")), path("folder/file.bin"));
  EXPECT_EQ(text_of(path("folder/file.bin")).size(), 25600U);
}

TEST_F(MainJob, SecondSubmitOfTheSameFolder_UploadsNothingAndReusesTheSnapshot) {
  auto const workspace = attach();
  auto const estimator = script("print('x')\n");
  auto const experiment = workspace.experiment("reuse");
  experiment.submit(estimator).wait_for_completion();
  bool uploaded = false;
  experiment.submit(estimator, {.on_progress = [&](TransferProgress const& p) { uploaded |= p.phase == TransferPhase::uploading; }}).wait_for_completion();
  EXPECT_FALSE(uploaded);
}

TEST_F(MainJob, FromAnotherHandle_IsTheSameRun) {
  std::string id;
  {
    auto const workspace = attach();
    id = workspace.experiment("handles").submit(script("print('hello')\n")).id();
  }
  auto const run = attach().get_run(id);
  EXPECT_EQ(run.experiment_name(), "handles");
  EXPECT_EQ(log_of(run), "hello\n");
  EXPECT_EQ(run.get_status(), RunState::completed);
  EXPECT_THROW(attach().get_run("no_such_run"), NotFoundError);
}

TEST_F(MainJob, SameIdSubmittedTwice_IsOneRunAndAnotherDefinitionIsRefused) {
  auto const workspace = attach();
  auto const experiment = workspace.experiment("twice");
  auto estimator = script("print('once')\n");
  auto const id = experiment.new_run_id();
  auto const first = experiment.submit(estimator, {.run_id = id});
  auto const second = experiment.submit(estimator, {.run_id = id});
  EXPECT_EQ(first, second);
  estimator.script_params = {{"--other", 1}};
  try {
    experiment.submit(estimator, {.run_id = id});
    FAIL() << "the definition differs";
  } catch (ServiceError const& error) {
    EXPECT_EQ(error.status(), 409);
    EXPECT_THAT(error.what(), HasSubstr("command"));
  }
  EXPECT_EQ(first.wait_for_completion().status, RunState::completed);
}

TEST_F(MainJob, Log_ArrivesWhileTheScriptRuns) {
  auto const workspace = attach();
  auto const gate = path("gate");
  auto estimator = script("import os, sys, time\nprint('before', flush=True)\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)\nprint('after')\n");
  estimator.script_params = {{"", gate}};
  std::string log;
  auto const run = workspace.experiment("live").submit(estimator);
  run.wait_for_completion({.on_log = [&](LogChunk const& chunk) {
    log += chunk.text;
    if (log == "before\n") write("gate", "");
  }});
  EXPECT_EQ(log, "before\nafter\n");
}

TEST_F(MainJob, Runs_AreListedNewestFirst) {
  auto const workspace = attach();
  auto const estimator = script("pass\n");
  auto const first = workspace.experiment("one").submit(estimator);
  auto const second = workspace.experiment("two").submit(estimator, {.tags = {{"k", "v"}}});
  auto const all = workspace.get_runs().to_vector();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], second);
  EXPECT_EQ(all[1], first);
  EXPECT_EQ(workspace.experiment("one").get_runs().to_vector().size(), 1U);
  EXPECT_EQ(workspace.get_runs({.tags = {{"k", "v"}}}).first(), second);
  EXPECT_FALSE(workspace.get_runs({.tags = {{"k", "other"}}}).first());
  second.wait_for_completion();
}

TEST_F(MainJob, Variables_NameTheRunAndItsPlace) {
  auto const workspace = attach();
  auto estimator = script("import json, os\nprint(json.dumps({k: v for k, v in os.environ.items()}))\n");
  estimator.environment_variables = {{"MINE", "yes, \"quoted\" $HOME"}, {"OMP_NUM_THREADS", "3"}};
  auto const run = workspace.experiment("variables").submit(estimator);
  auto const log = log_of(run);
  EXPECT_THAT(log, HasSubstr("\"AZUREML_RUN_ID\": \"" + run.id() + "\""));
  EXPECT_THAT(log, HasSubstr("\"AZUREML_ARM_PROJECT_NAME\": \"variables\""));
  EXPECT_THAT(log, HasSubstr("\"MINE\": \"yes, \\\"quoted\\\" $HOME\""));
  EXPECT_THAT(log, HasSubstr("\"OMP_NUM_THREADS\": \"3\""));
  // These would name routes that the engine does not have yet.
  EXPECT_THAT(log, testing::Not(HasSubstr("MLFLOW_TRACKING_URI")));
  EXPECT_THAT(log, testing::Not(HasSubstr("AZUREML_SERVICE_ENDPOINT")));
}

}  // namespace
}  // namespace azureml::test
