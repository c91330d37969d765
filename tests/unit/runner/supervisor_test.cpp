#include "unit/runner/supervised_run.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
using test::SupervisedRun;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Children that are hard to get rid of: one ignores SIGTERM, one has a session of its own, one was forked twice, one cleared its environment.
constexpr char kStubborn[] =
    "trap '' TERM; setsid sleep 300 & (setsid sh -c 'trap \"\" TERM; sleep 300; sleep 300' &) ; (env -i setsid /bin/sleep 301 &) ; "
    "echo ready; while :; do sleep 300; done";

TEST(Supervisor, SuccessfulScript_IsCompletedWithItsOutputsLogsAndOutput) {
  SupervisedRun run("echo out; echo err >&2; echo m > outputs/model; echo l > logs/l.txt; mkdir -p outputs/a; echo h > outputs/a/.h; echo ${{inputs.x}}");
  run.spec.inputs = {{"x", "value"}};
  auto const end = run.run();
  EXPECT_EQ(end["status"], "Completed");
  EXPECT_THAT(run.events(), ElementsAre("spawned", "started", "launched", "exited", "uploaded", "ended"));
  EXPECT_EQ(run.artifact("user_logs/std_log.txt"), "out\nerr\nvalue\n");
  EXPECT_EQ(run.artifact("outputs/model"), "m\n");
  EXPECT_EQ(run.artifact("outputs/a/.h"), "h\n");
  EXPECT_EQ(run.artifact("logs/l.txt"), "l\n");
  EXPECT_FALSE(end.contains("error"));
  EXPECT_FALSE(fs::exists(run.paths.work()));
  EXPECT_FALSE(fs::exists(run.paths.scratch()));
}

TEST(Supervisor, CodeFolder_IsCopiedAndTheOriginalStaysAsItIs) {
  SupervisedRun run("cat sub/train.txt; echo more >> sub/train.txt; pwd; python --version >/dev/null && echo has python");
  test::write_text(run.home() / "code/sub/train.txt", "code\n");
  run.spec.code_directory = (run.home() / "code").string();
  EXPECT_EQ(run.run()["status"], "Completed");
  EXPECT_EQ(run.artifact("user_logs/std_log.txt"), "code\n" + run.paths.work().string() + "\nhas python\n");
  EXPECT_EQ(test::read_text(run.home() / "code/sub/train.txt"), "code\n");
}

TEST(Supervisor, ExitCode_IsAUserErrorWithTheTailOfTheLogAndKeepsResults) {
  SupervisedRun run("echo partial > outputs/p; echo Boom: reason >&2; exit 3");
  auto const end = run.run();
  EXPECT_EQ(end["status"], "Failed");
  EXPECT_EQ(end["error"]["code"], "UserError");
  EXPECT_EQ(end["error"]["exit_code"], 3);
  EXPECT_TRUE(end["error"]["signal"].is_null());
  EXPECT_THAT(end["error"]["message"].get<std::string>(), HasSubstr("exited with status code 3"));
  EXPECT_EQ(end["error"]["last_output"], "Boom: reason\n");
  EXPECT_EQ(run.artifact("outputs/p"), "partial\n");
}

TEST(Supervisor, ScriptKilledBySignal_NamesIt) {
  SupervisedRun run("kill -SEGV $$");
  auto const end = run.run();
  EXPECT_EQ(end["status"], "Failed");
  EXPECT_EQ(end["error"]["signal"], SIGSEGV);
  EXPECT_THAT(end["error"]["message"].get<std::string>(), HasSubstr("SIGSEGV"));
}

TEST(Supervisor, Timeout_EndsTheScriptAndNamesTheLimit) {
  SupervisedRun run("echo before; sleep 300");
  run.spec.timeout = std::chrono::seconds(1);
  auto const end = run.run();
  EXPECT_EQ(end["status"], "Failed");
  EXPECT_EQ(end["error"]["code"], "JobTimedOut");
  EXPECT_THAT(end["error"]["message"].get<std::string>(), HasSubstr("limits.timeout of 1 seconds"));
  EXPECT_EQ(end["error"]["last_output"], "before\n");
  EXPECT_FALSE(run.process_left());
}

TEST(Supervisor, CancelOfStubbornProcesses_LeavesNoneAndKeepsResults) {
  SupervisedRun run(std::string("echo o > outputs/o; echo l > logs/l; ") + kStubborn);
  run.start();
  ASSERT_TRUE(run.wait_text("artifacts/user_logs/std_log.txt", "ready"));
  run.cancel();
  run.wait_exit();
  EXPECT_EQ(run.last()["status"], "Canceled");
  EXPECT_FALSE(run.last().contains("error"));
  EXPECT_FALSE(run.process_left());
  EXPECT_EQ(run.artifact("outputs/o"), "o\n");
  EXPECT_EQ(run.artifact("logs/l"), "l\n");
}

TEST(Supervisor, CancelThatTheScriptAnswersWithin_TheGraceGivesItTimeToSave) {
  SupervisedRun run("trap 'echo saved > outputs/checkpoint; exit 0' TERM; echo ready; while :; do sleep 0.05; done");
  run.spec.cancel_grace = std::chrono::seconds(20);
  run.start();
  ASSERT_TRUE(run.wait_text("artifacts/user_logs/std_log.txt", "ready"));
  run.cancel();
  run.wait_exit();
  EXPECT_EQ(run.last()["status"], "Canceled");
  EXPECT_EQ(run.artifact("outputs/checkpoint"), "saved\n");
}

TEST(Supervisor, CancelBeforeTheStart_NeverRunsTheScript) {
  SupervisedRun run("echo started");
  run.cancel();
  EXPECT_EQ(run.run()["status"], "Canceled");
  EXPECT_THAT(run.events(), ElementsAre("spawned", "ended"));
  EXPECT_FALSE(fs::exists(run.paths.std_log()));
}

TEST(Supervisor, BackgroundProcessLeftBehind_IsEnded) {
  SupervisedRun run("(setsid env -i /bin/sleep 302 &) ; sleep 300 & echo done");
  auto const end = run.run();
  EXPECT_EQ(end["status"], "Completed");
  EXPECT_FALSE(run.process_left());
  EXPECT_NE(::system("ps -eo args= | grep -qx '/bin/sleep 302'"), 0);
}

TEST(Supervisor, SigtermToTheSupervisor_EndsTheRunAndSaysWhy) {
  SupervisedRun run("echo ready; sleep 300");
  run.start();
  ASSERT_TRUE(run.wait_text("artifacts/user_logs/std_log.txt", "ready"));
  run.kill(SIGHUP);
  run.kill(SIGINT);
  run.kill(SIGTERM);
  run.wait_exit();
  EXPECT_EQ(run.last()["status"], "Failed");
  EXPECT_EQ(run.last()["error"]["code"], "SupervisorTerminated");
  EXPECT_FALSE(run.process_left());
}

TEST(Supervisor, UnknownNamesInTheCommand_FailInPreparingNamingThem) {
  SupervisedRun run("echo ${{inputs.known}} ${{inputs.typo}}");
  run.spec.inputs = {{"known", "1"}};
  auto const end = run.run();
  EXPECT_EQ(end["status"], "Failed");
  EXPECT_EQ(end["error"]["phase"], "preparing");
  EXPECT_THAT(end["error"]["message"].get<std::string>(), HasSubstr("'inputs.typo'"));
  EXPECT_THAT(run.events(), ElementsAre("spawned", "ended"));
}

TEST(Supervisor, UnknownCondaPackage_FailsBeforeAnythingIsInstalled) {
  SupervisedRun run("true");
  run.spec.has_conda_file = true;
  run.spec.conda_file = "dependencies: [numpy, no-such-package]";
  auto const end = run.run();
  EXPECT_EQ(end["status"], "Failed");
  EXPECT_EQ(end["error"]["code"], "EnvironmentPackageUnknown");
  EXPECT_FALSE(fs::exists(run.home() / "environments"));
}

TEST(Supervisor, LogsOfTheScript_AreMirroredWhileItRuns) {
  SupervisedRun run("echo one > logs/live.txt; while [ ! -e go ]; do sleep 0.02; done; echo two >> logs/live.txt");
  run.start();
  EXPECT_TRUE(run.wait_text("artifacts/logs/live.txt", "one"));
  EXPECT_FALSE(run.last()["event"] == "ended");
  test::write_text(run.paths.work() / "go", "");
  run.wait_exit();
  EXPECT_EQ(run.artifact("logs/live.txt"), "one\ntwo\n");
}

TEST(Supervisor, LockTakenOrAttemptNotCurrent_ExitsQuietlyWithoutARecord) {
  SupervisedRun taken("true");
  {
    auto const lock = base::open_file(taken.paths.lock(), O_RDWR | O_CREAT);
    ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
    taken.start();
    EXPECT_EQ(taken.wait_exit(), 0);
  }
  EXPECT_TRUE(taken.events().empty());
  SupervisedRun stale("true");
  stale.current_attempt = "another";
  stale.start();
  EXPECT_EQ(stale.wait_exit(), 0);
  EXPECT_TRUE(stale.events().empty());
}

TEST(Supervisor, SecondSupervisorOfAFinishedAttempt_DoesNothing) {
  SupervisedRun run("echo once");
  run.run();
  auto const events = run.events();
  run.start();
  EXPECT_EQ(run.wait_exit(), 0);
  EXPECT_EQ(run.events(), events);
  EXPECT_EQ(run.artifact("user_logs/std_log.txt"), "once\n");
}

TEST(Supervisor, CancelDuringTheBuild_EndsTheBuild) {
  SupervisedRun run("true");
  auto const python = run.home() / "python";
  test::write_text(python, "#!/bin/sh\necho building >&2\nsleep 300\n");
  fs::permissions(python, fs::perms::owner_all);
  run.spec.python = python.string();
  run.spec.has_conda_file = true;
  run.spec.conda_file = "dependencies: [python]";
  run.start();
  ASSERT_FALSE(run.wait_event("preparing").is_null());
  run.cancel();
  run.wait_exit();
  EXPECT_EQ(run.last()["status"], "Canceled");
  EXPECT_THAT(run.events(), ElementsAre("spawned", "preparing", "ended"));
}

TEST(Supervisor, CancelWhileAnotherRunBuildsTheEnvironment_DoesNotWaitForIt) {
  SupervisedRun run("true");
  run.run();
  auto const key = run.wait_event("started")["environment"].get<std::string>();
  SupervisedRun waiting("true");
  waiting.spec.environments = run.spec.environments;
  auto const lock = base::open_file(run.home() / "environments" / (key + ".lock"), O_RDWR);
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
  waiting.start();
  ASSERT_FALSE(waiting.wait_event("preparing").is_null());
  waiting.cancel();
  waiting.wait_exit();
  EXPECT_EQ(waiting.last()["status"], "Canceled");
}

TEST(Supervisor, ScriptsProcess_HasNoStrangeDescriptorAndNoBlockedSignal) {
  SupervisedRun run("ls /proc/self/fd | tr '\\n' ' '; grep -E 'SigBlk|SigIgn' /proc/self/status | cut -f2 | tr '\\n' ' '");
  run.run();
  EXPECT_EQ(run.artifact("user_logs/std_log.txt"), "0 1 2 3 0000000000000000 0000000000000000 ");
}

TEST(Supervisor, CodeFolderThatIsGone_FailsNamingIt) {
  SupervisedRun run("true");
  run.spec.code_directory = "/nonexistent/code";
  auto const end = run.run();
  EXPECT_EQ(end["error"]["code"], "SnapshotUnavailable");
  EXPECT_THAT(end["error"]["message"].get<std::string>(), HasSubstr("/nonexistent/code"));
}

TEST(Supervisor, KeptWorkingDirectory_Stays) {
  SupervisedRun run("echo x > kept; echo o > outputs/o");
  run.spec.keep_working_directory = true;
  EXPECT_EQ(run.run()["status"], "Completed");
  EXPECT_EQ(test::read_text(run.paths.work() / "kept"), "x\n");
  EXPECT_EQ(test::read_text(run.paths.work() / "outputs/o"), "o\n");
  EXPECT_EQ(run.artifact("outputs/o"), "o\n");
}

}  // namespace
}  // namespace azureml::engine::runner
