#include "integration/engine_fixture.hpp"
#include "support/read_file.hpp"

#include <csignal>
#include <fstream>
#include <future>
#include <iostream>
#include <iterator>

namespace azureml::test {
namespace {

using Cancel = EngineTest;

/// Living processes whose arguments hold the text: they are found whatever they have done to their environment, parents and sessions.
std::size_t processes_named(std::string const& text) {
  std::size_t count = 0;
  for (auto const& entry : std::filesystem::directory_iterator("/proc", std::filesystem::directory_options::skip_permission_denied))
    if (read_file(entry.path() / "cmdline").find(text) != std::string::npos) ++count;  // a zombie has no arguments
  return count;
}

/// A way to resist, in bash: `$1` is a text that the arguments of all its processes hold, `hold` a process that stays.
struct Way {
  char const* name;
  char const* script;
  std::size_t processes;  ///< At least so many are there when all of it has begun.
};

constexpr char kPrelude[] = R"(
M="$1"
hold() { exec -a "$M" sleep 1000; }
stubborn='trap "" TERM INT HUP; exec -a "$0" sleep 1000'
)";

constexpr Way kWays[] = {
    {"ignores SIGTERM", "trap '' TERM; hold", 1},
    {"ignores every signal it can", "trap '' TERM INT HUP QUIT USR1 USR2 PIPE ALRM TSTP; hold", 1},
    {"child in a session of its own", "setsid bash -c \"$stubborn\" \"$M\" & hold", 2},
    {"double fork", "( ( trap '' TERM; hold ) & ); hold", 2},
    {"daemon: own session, no descriptors, in /", "( setsid bash -c \"cd /; exec 0<&- 1>&- 2>&-; $stubborn\" \"$M\" & ); hold", 2},
    {"stopped, itself and its child", "hold & kill -STOP $!; kill -STOP $$; hold", 2},
    {"stopped, and ignores SIGTERM", "trap '' TERM; hold & kill -STOP $!; kill -STOP $$; hold", 2},
    {"answers SIGTERM with more processes", "more() { for i in $(seq 20); do ( trap '' TERM; hold ) & done; }; trap more TERM; more; while :; do sleep 0.2; done", 21},
    {"child without environment", "env -i bash -c \"$stubborn\" \"$M\" & hold", 2},
    {"orphan without environment, in a session of its own", "( env -i setsid bash -c \"$stubborn\" \"$M\" & ); hold", 2},
    {"nohup", "nohup bash -c \"$stubborn\" \"$M\" >/dev/null 2>&1 & hold", 2},
    {"grandchild of a shell that was exec'd", "exec -a \"$M\" sh -c 'bash -c \"trap \\\"\\\" TERM; exec -a \\\"\\$0\\\" sleep 1000\" \"$0\" & wait' \"$M\"", 2},
    {"busy, without a system call", "( trap '' TERM INT; while :; do :; done ) & hold", 2},
};

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

TEST_F(Cancel, OfScriptsThatResistInEachWay_LeavesNoProcess) {
  write("home/config.json", R"({"cpus": 64})");
  auto const workspace = attach();
  std::string script = kPrelude;
  script += "case \"$2\" in\n";
  for (std::size_t i = 0; i < std::size(kWays); ++i) script += std::to_string(i) + ") " + kWays[i].script + " ;;\n";
  write("source/way.sh", script + "esac\n");
  struct Case {
    Way way{};
    std::string mark{};
    azureml::Run run;
  };
  std::vector<Case> cases;
  for (std::size_t i = 0; i < std::size(kWays); ++i) {
    auto const mark = path("mark-" + std::to_string(i) + "-").string();
    Estimator estimator{.source_directory = source(), .compute_target = "local", .entry_script = "way.sh"};
    estimator.script_params = {{"", mark}, {"", std::to_string(i)}};
    cases.push_back({kWays[i], mark, workspace.experiment("resist").submit(estimator)});
  }
  for (auto const& each : cases) EXPECT_TRUE(eventually([&] { return processes_named(each.mark) >= each.way.processes; })) << each.way.name;

  std::vector<std::future<std::size_t>> ends;
  for (auto const& each : cases) {
    ends.push_back(std::async(std::launch::async, [&each] {
      auto const details = each.run.cancel(within(std::chrono::seconds(100)));
      EXPECT_EQ(details.status, RunState::canceled) << each.way.name;
      return processes_named(each.mark);  // as of the moment in which it is said to have ended
    }));
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto const left = ends[i].get();
    std::cout << "| " << cases[i].way.name << " | " << left << " |\n";
    EXPECT_EQ(left, 0U) << cases[i].way.name;
    EXPECT_TRUE(processes_of(cases[i].run.id()).empty()) << cases[i].way.name;
  }
}

TEST_F(Cancel, WhilePreparing_EndsTheBuildAtOnce) {
  auto const workspace = attach();
  write("slowpkg/pyproject.toml",
        "[build-system]\nrequires = []\nbuild-backend = \"slow\"\nbackend-path = [\".\"]\n[project]\nname = \"slowpkg\"\nversion = \"1\"\n");
  write("slowpkg/slow.py", "import os, time\ndef build_wheel(directory, config_settings=None, metadata_directory=None):\n    open('" +
                               path("building.new").string() + "', 'w').write(str(os.getpid()))\n    os.rename('" + path("building.new").string() + "', '" +
                               path("building").string() + "')\n    time.sleep(1000)\n");
  auto estimator = script("open('never', 'w')\n");
  estimator.pip_packages = {"slowpkg @ file://" + path("slowpkg").string()};
  auto const run = workspace.experiment("preparing").submit(estimator);
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(path("building")); }));
  auto const builder = static_cast<pid_t>(std::stol(text_of(path("building"))));
  ASSERT_EQ(::kill(builder, 0), 0);
  EXPECT_EQ(run.get_status(), RunState::preparing);
  EXPECT_EQ(run.cancel(within(std::chrono::seconds(60))).status, RunState::canceled);
  EXPECT_NE(::kill(builder, 0), 0);
  EXPECT_FALSE(run.get_details().start_time_utc);
  EXPECT_TRUE(eventually([&] { return supervisor_of(run.id()) == 0; }));
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
