// kill -9 of client, engine, supervisor, and engine with supervisor, at one point of each state of a run.
#include "integration/engine_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iostream>

namespace azureml::test {
namespace {

namespace fs = std::filesystem;

enum class Victim { client, engine, supervisor, both };

struct Case {
  char const* state;
  Victim victim;
  char const* expected;
};

char const* name_of(Victim victim) {
  switch (victim) {
    case Victim::client: return "client";
    case Victim::engine: return "engine";
    case Victim::supervisor: return "supervisor";
    case Victim::both: return "engine_and_supervisor";
  }
  return "";
}

void PrintTo(Case const& point, std::ostream* out) { *out << point.state << '/' << name_of(point.victim); }

class Crash : public EngineTest, public testing::WithParamInterface<Case> {
 protected:
  /// The run under test: prints two lines, waits for the gate, prints a third, leaves an output.
  [[nodiscard]] Estimator training() {
    auto estimator = script(R"(
import os, sys, time
print("line 1", flush=True)
print("line 2", flush=True)
while not os.path.exists(sys.argv[1]): time.sleep(0.01)
print("line 3", flush=True)
open("outputs/model.txt", "w").write("weights")
if sys.argv[2] == "linger":
    import subprocess
    subprocess.Popen(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"])
)");
    std::string const state = GetParam().state;
    estimator.script_params = {{"", path("gate")}, {"", state == "Finalizing" ? "linger" : "end"}};
    if (state == "Preparing") estimator.pip_packages = {"slowpkg @ file://" + slow_package().string()};
    if (state != "Running" && state != "Queued" && state != "Preparing") open_gate();
    return estimator;
  }

  /// A package whose build waits for the gate; its build backend is its own, so nothing is fetched.
  [[nodiscard]] fs::path slow_package() const {
    write("slowpkg/pyproject.toml", "[build-system]\nrequires = []\nbuild-backend = \"slow\"\nbackend-path = [\".\"]\n[project]\nname = \"slowpkg\"\nversion = \"1\"\n");
    write("slowpkg/slow.py", R"(
import os, time, zipfile
def build_wheel(directory, config_settings=None, metadata_directory=None):
    while not os.path.exists(")" + path("gate").string() + R"("): time.sleep(0.02)
    name = "slowpkg-1-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as z:
        z.writestr("slowpkg.py", "")
        z.writestr("slowpkg-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: slowpkg\nVersion: 1\n")
        z.writestr("slowpkg-1.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: slow\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        z.writestr("slowpkg-1.dist-info/RECORD", "")
    return name
)");
    return path("slowpkg");
  }

  [[nodiscard]] fs::path log_file(std::string const& run_id) const { return home() / "runs" / run_id / "artifacts/user_logs/std_log.txt"; }
  void open_gate() const { write("gate", ""); }

  /// Submits and follows in a process of its own, which writes the run's id first.
  pid_t start_client(std::string const& run_id, Estimator const& estimator) {
    auto const child = ::fork();
    if (child != 0) return child;
    try {
      auto const run = attach().experiment("crash").submit(estimator, {.run_id = run_id});
      write("submitted", "");
      run.wait_for_completion({.on_log = [](LogChunk const&) {}});
    } catch (std::exception const& error) {
      write("client-error", error.what());
    }
    ::_exit(0);
  }

  void strike(pid_t client, std::string const& run_id) {
    auto const victim = GetParam().victim;
    auto const supervisor = supervisor_of(run_id);
    auto const engine = engine_pid();
    if (victim == Victim::client) ::kill(client, SIGKILL);
    if (victim == Victim::supervisor || victim == Victim::both) {
      ASSERT_GT(supervisor, 0);
      ::kill(supervisor, SIGKILL);
    }
    if (victim == Victim::engine || victim == Victim::both) {
      ASSERT_GT(engine, 0);
      ::kill(engine, SIGKILL);
      ASSERT_TRUE(eventually([&] { return ::kill(engine, 0) != 0; }));
    }
  }
};

TEST_P(Crash, AtThisPoint_EndsAsExpected) {
  auto const point = GetParam();
  std::string const state = point.state;
  // Forked before this process makes threads of its own.
  auto const estimator = training();
  auto const run_id = std::string("crash_") + state + "_" + name_of(point.victim) + "_" + std::to_string(::getpid());
  std::string blocker_id;
  if (state == "Queued") {
    auto const blocker_child = ::fork();
    if (blocker_child == 0) {
      try {
        auto blocker = estimator;
        blocker.script_params = {{"", path("gate-of-blocker")}, {"", "end"}};
        attach().experiment("blocker").submit(blocker, {.run_id = "blocker"});
      } catch (std::exception const& error) {
        write("client-error", error.what());
      }
      ::_exit(0);
    }
    ::waitpid(blocker_child, nullptr, 0);
    blocker_id = "blocker";
  }
  auto const client = start_client(run_id, estimator);
  ASSERT_TRUE(eventually([&] { return fs::exists(path("submitted")) || fs::exists(path("client-error")); }));
  ASSERT_FALSE(fs::exists(path("client-error"))) << text_of(path("client-error"));
  int const port = engine_port();

  {
    auto const workspace = attach();
    auto const run = workspace.get_run(run_id);
    ASSERT_TRUE(eventually([&] { return run.get_status().name() == state; })) << run.get_status();
    if (state == "Running") {
      ASSERT_TRUE(eventually([&] { return text_of(log_file(run_id)).ends_with("line 2\n"); }));
    }
  }
  strike(client, run_id);
  if (HasFatalFailure()) return;
  // Without its supervisor the script must be ended where it is; opening the gate would let it race with that.
  if (point.victim == Victim::client || point.victim == Victim::engine) open_gate();
  if (!blocker_id.empty()) write("gate-of-blocker", "");

  auto const workspace = attach();
  EXPECT_EQ(engine_port(), port);
  auto const run = workspace.get_run(run_id);
  auto const log = log_of(run);
  auto const details = run.get_details();
  std::string const seen = details.status.name() + (details.error ? " " + details.error->code : "");
  std::cout << "| " << state << " | " << name_of(point.victim) << " | " << point.expected << " | " << seen << " |\n";
  EXPECT_EQ(seen, point.expected) << (details.error ? details.error->message : "");
  bool const whole = details.status == RunState::completed || state == "Finalizing";
  EXPECT_EQ(log, whole ? "line 1\nline 2\nline 3\n" : state == "Preparing" ? "" : "line 1\nline 2\n");
  EXPECT_EQ(log, text_of(log_file(run_id)));
  EXPECT_TRUE(processes_of(run_id).empty());
  EXPECT_TRUE(eventually([&] { return supervisor_of(run_id) == 0; }));  // it ends right after its last record
  if (whole) {
    run.download_file("outputs/model.txt", path("model.txt"));
    EXPECT_EQ(text_of(path("model.txt")), "weights");
  }
  ::kill(client, SIGKILL);
  ::waitpid(client, nullptr, 0);
}

constexpr Case kCases[] = {
    {"Queued", Victim::client, "Completed"},     {"Queued", Victim::engine, "Completed"},
    {"Preparing", Victim::client, "Completed"},  {"Preparing", Victim::engine, "Completed"},
    {"Preparing", Victim::supervisor, "Failed SupervisorLost"}, {"Preparing", Victim::both, "Failed SupervisorLost"},
    {"Running", Victim::client, "Completed"},    {"Running", Victim::engine, "Completed"},
    {"Running", Victim::supervisor, "Failed SupervisorLost"},   {"Running", Victim::both, "Failed SupervisorLost"},
    {"Finalizing", Victim::client, "Completed"}, {"Finalizing", Victim::engine, "Completed"},
    {"Finalizing", Victim::supervisor, "Failed SupervisorLost"}, {"Finalizing", Victim::both, "Failed SupervisorLost"},
};

INSTANTIATE_TEST_SUITE_P(Points, Crash, testing::ValuesIn(kCases), [](auto const& point) {
  return std::string(point.param.state) + "_" + name_of(point.param.victim);
});

}  // namespace
}  // namespace azureml::test
