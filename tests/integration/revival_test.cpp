// An engine that was killed while a run goes on is started again by the run's supervisor; one that was stopped is not.
#include "integration/engine_fixture.hpp"

#include <nlohmann/json.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace azureml::test {
namespace {

class Revival : public EngineTest {
 protected:
  [[nodiscard]] azureml::Run submit_waiting_run(Workspace const& workspace) {
    auto estimator = script(R"(
import os, sys, time, urllib.request
print("started", flush=True)
while not os.path.exists(sys.argv[1]): time.sleep(0.01)
with urllib.request.urlopen(os.environ["AZUREML_DISCOVERY_SERVICE_ENDPOINT"].replace("/discovery", "/engine/v1/hello?nonce=") + "0" * 32) as answer:
    print("engine answered", answer.status, flush=True)
)");
    estimator.script_params = {{"", path("gate")}};
    auto const run = workspace.experiment("revival").submit(estimator);
    auto const log = home() / "runs" / run.id() / "artifacts/user_logs/std_log.txt";
    EXPECT_TRUE(eventually([&] { return text_of(log).find("started") != std::string::npos; }));
    return run;
  }
  static void kill_and_wait(pid_t pid) {
    ASSERT_GT(pid, 0);
    ::kill(pid, SIGKILL);
    ASSERT_TRUE(eventually([pid] { return ::kill(pid, 0) != 0; }));
  }
  [[nodiscard]] std::string run_program(std::string const& words) const {
    std::string output;
    auto* const pipe = ::popen((std::string("'") + AZUREML_PROGRAM + "' " + words + " 2>&1").c_str(), "re");
    char piece[4096];
    for (std::size_t count = 0; (count = ::fread(piece, 1, sizeof piece, pipe)) > 0;) output.append(piece, count);
    ::pclose(pipe);
    return output;
  }
};

TEST_F(Revival, EngineKilledDuringARun_ComesBackAndServesTheScript) {
  auto const run = submit_waiting_run(attach());
  auto const killed = engine_pid();
  auto const port = engine_port();
  kill_and_wait(killed);
  // Nobody else asks for the engine here.
  ASSERT_TRUE(eventually([&] { return engine_pid() > 0 && engine_pid() != killed; }));
  EXPECT_EQ(engine_port(), port);
  EXPECT_EQ(processes_of(run.id()).size(), 1U) << "the engine must not be taken for a part of the run";
  write("gate", "");
  auto const again = Workspace::local({.home = home(), .engine_program = AZUREML_PROGRAM, .start = false}).get_run(run.id());
  EXPECT_EQ(again.wait_for_completion().status, RunState::completed);
  EXPECT_EQ(log_of(again), "started\nengine answered 200\n");
  // The end of the run did not end the engine that its supervisor has started.
  EXPECT_EQ(::kill(engine_pid(), 0), 0);
}

TEST_F(Revival, EngineStoppedDuringARun_StaysStopped) {
  auto const run_id = [&] { return submit_waiting_run(attach()).id(); }();
  auto const supervisor = supervisor_of(run_id);
  ASSERT_GT(supervisor, 0);
  EXPECT_EQ(run_program("engine stop --home '" + home().string() + "'"), "stopped\n");
  write("gate", "");
  ASSERT_TRUE(eventually([&] { return ::kill(supervisor, 0) != 0; }));
  EXPECT_EQ(engine_pid(), 0);
  EXPECT_NE(run_program("engine status --home '" + home().string() + "'").find("stopped"), std::string::npos);
}

}  // namespace
}  // namespace azureml::test
