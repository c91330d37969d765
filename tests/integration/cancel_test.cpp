#include "integration/engine_fixture.hpp"

namespace azureml::test {
namespace {

using Cancel = EngineTest;

constexpr char kStubborn[] = R"(
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["setsid", "sleep", "1000"])
subprocess.Popen(["sh", "-c", "trap '' TERM; (setsid sleep 1000 &) ; while :; do sleep 1; done"])
open("outputs/partial.txt", "w").write("kept")
print("ready", flush=True)
while True: time.sleep(1)
)";

TEST_F(Cancel, OfAScriptThatResists_EndsItsWholeTreeAndKeepsWhatItWrote) {
  auto const workspace = attach();
  auto const run = workspace.experiment("cancel").submit(script(kStubborn));
  ASSERT_TRUE(eventually([&] { return processes_of(run.id()).size() >= 5; }));
  std::stop_source stop;
  std::string log;
  EXPECT_THROW(run.follow_logs([&](LogChunk const& chunk) { log += chunk.text; if (log == "ready\n") stop.request_stop(); }, {}, {.stop = stop.get_token()}), StoppedError);

  auto const details = run.cancel(within(std::chrono::seconds(60)));
  EXPECT_EQ(details.status, RunState::canceled);
  EXPECT_TRUE(processes_of(run.id()).empty());
  EXPECT_TRUE(eventually([&] { return supervisor_of(run.id()) == 0; }));  // it ends right after its last record
  run.download_file("outputs/partial.txt", path("partial.txt"));
  EXPECT_EQ(text_of(path("partial.txt")), "kept");
  EXPECT_EQ(run.cancel().status, RunState::canceled);  // again: nothing happens
  EXPECT_THROW(run.wait_for_completion(), RunCanceledError);
  EXPECT_EQ(run.wait_for_completion({.raise_on_error = false}).status, RunState::canceled);
}

TEST_F(Cancel, OfAQueuedRun_NeverStartsIt) {
  auto const workspace = attach();
  auto const first = workspace.experiment("first").submit(script("import time\ntime.sleep(1000)\n"));
  auto const second = workspace.experiment("second").submit(script("open('/tmp/never', 'w')\n"));
  ASSERT_TRUE(eventually([&] { return second.get_status() == RunState::queued && first.get_status() == RunState::running; }));
  EXPECT_EQ(second.cancel().status, RunState::canceled);
  EXPECT_EQ(supervisor_of(second.id()), 0);
  EXPECT_FALSE(second.get_details().start_time_utc);
  EXPECT_EQ(first.cancel().status, RunState::canceled);
}

TEST_F(Cancel, OfARunThatHasEnded_ChangesNothing) {
  auto const workspace = attach();
  auto const run = workspace.experiment("ended").submit(script("pass\n"));
  run.wait_for_completion();
  EXPECT_EQ(run.cancel().status, RunState::completed);
}

}  // namespace
}  // namespace azureml::test
