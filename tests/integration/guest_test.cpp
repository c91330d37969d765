#include "integration/engine_fixture.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <clocale>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <locale>
#include <map>
#include <mutex>
#include <set>

namespace azureml::test {
namespace {

namespace fs = std::filesystem;

/// What a host may rely on while the library works in its process.
struct Guest : EngineTest {
  /// Everything a program does: attach (which starts the engine), submit, watch, wait, follow, download. Gives the log.
  std::string whole_job(std::string_view python = "print('hello')\nopen('outputs/result.txt', 'w').write('kept')\n") {
    auto const workspace = attach();
    auto const run = workspace.experiment("guest").submit(script(python));
    std::promise<void> finished;
    RunMonitor monitor({.latency = std::chrono::milliseconds(50)});
    auto const subscription =
        monitor.watch(run, {.on_log = [](auto const&, std::string const&, LogCursor const&) {},
                            .on_finished = [&](auto const&, RunDetails const&) { finished.set_value(); }});
    EXPECT_EQ(finished.get_future().wait_for(std::chrono::minutes(2)), std::future_status::ready);
    EXPECT_EQ(wait_all({run, run}).size(), 2U);
    auto log = log_of(run);
    run.download_file("outputs/result.txt", path("result.txt"));
    return log;
  }
};

std::set<int> open_descriptors() {
  std::set<int> result;
  for (auto const& entry : fs::directory_iterator("/proc/self/fd")) result.insert(std::stoi(entry.path().filename()));
  return result;
}

std::size_t threads() {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator{}));
}

TEST_F(Guest, SignalsOfTheHost_AreUntouched) {
  auto const handlers = [] {
    std::vector<std::pair<void*, int>> all;
    for (int number = 1; number < NSIG; ++number) {
      struct sigaction action {};
      if (sigaction(number, nullptr, &action) == 0)
        all.emplace_back(reinterpret_cast<void*>(action.sa_handler), action.sa_flags);
    }
    return all;
  };
  auto const mask = [] {
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, nullptr, &set);
    std::vector<int> blocked;
    for (int number = 1; number < NSIG; ++number)
      if (sigismember(&set, number) == 1) blocked.push_back(number);
    return blocked;
  };
  signal(SIGUSR1, [](int) {});
  auto const handlers_before = handlers();
  auto const mask_before = mask();
  EXPECT_EQ(whole_job(), "hello\n");
  EXPECT_EQ(handlers(), handlers_before);
  EXPECT_EQ(mask(), mask_before);
  signal(SIGUSR1, SIG_DFL);
}

TEST_F(Guest, ChildrenOfTheHost_AreLeftToItAndNoneIsAdded) {
  auto const child = fork();
  if (child == 0) _exit(7);
  ASSERT_GT(child, 0);
  EXPECT_EQ(whole_job(), "hello\n");
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);  // also no zombie of the library's own
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(Guest, DirectoryEnvironmentAndMask_AreUntouched) {
  auto const environment = [] {
    std::multiset<std::string> all;
    for (auto** entry = environ; *entry; ++entry) all.emplace(*entry);
    return all;
  };
  auto const directory = fs::current_path();
  auto const variables = environment();
  auto const mask = umask(027);
  EXPECT_EQ(whole_job(), "hello\n");
  EXPECT_EQ(fs::current_path(), directory);
  EXPECT_EQ(environment(), variables);
  EXPECT_EQ(umask(mask), 027U);
}

TEST_F(Guest, AnyLocale_ChangesNothingOfWhatIsSentAndStaysAsItWas) {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  std::locale const ours(std::locale::classic(), new Comma);
  auto const before = std::locale::global(ours);
  for (auto const* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"})  // where the machine has one
    if (std::setlocale(LC_ALL, name)) break;
  std::string const c_before = std::setlocale(LC_ALL, nullptr);
  auto estimator = script("import sys\nprint(sys.argv[1:])\nopen('outputs/result.txt', 'w')\n");
  estimator.script_params = {{"--rate", 1234567.5}, {"--steps", 1000000}};
  auto const run = attach().experiment("guest").submit(estimator);
  EXPECT_EQ(log_of(run), "['--rate', '1234567.5', '--steps', '1000000']\n");
  EXPECT_TRUE(run.wait_for_completion().start_time_utc.has_value());
  EXPECT_TRUE(std::locale() == ours);
  EXPECT_EQ(std::setlocale(LC_ALL, nullptr), c_before);
  std::locale::global(before);
  std::setlocale(LC_ALL, "C");
}

TEST_F(Guest, ProgramsTheHostStarts_InheritNoFileOfTheLibrary) {
  auto const before = open_descriptors();
  auto const workspace = attach();
  auto const run = workspace.experiment("guest").submit(script("print('hello')\n"));
  std::vector<std::string> inherited;
  run.follow_logs([&](LogChunk const&) {  // a connection is in use
    for (auto const descriptor : open_descriptors()) {
      auto const flags = fcntl(descriptor, F_GETFD);
      if (before.contains(descriptor) || flags < 0 || (flags & FD_CLOEXEC) != 0) continue;
      auto const what = fs::read_symlink("/proc/self/fd/" + std::to_string(descriptor)).string();
      // The HTTP library's connections are opened by Boost.Asio, which does not mark them; docs/embedding.md says so.
      if (!what.starts_with("socket:")) inherited.push_back(what);
    }
  });
  EXPECT_EQ(inherited, std::vector<std::string>{});
}

TEST_F(Guest, HostThatForks_GoesOnAndItsChildMayRunAProgram) {
  auto const workspace = attach();
  RunMonitor const monitor;
  auto const run = workspace.experiment("guest").submit(script("print('hello')\n"));
  auto const child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", "exit 3", nullptr);
    _exit(99);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 3);
  auto const quiet = fork();
  if (quiet == 0) _exit(4);
  ASSERT_EQ(waitpid(quiet, &status, 0), quiet);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 4);
  EXPECT_EQ(run.wait_for_completion().status, RunState::completed);
  EXPECT_EQ(log_of(run), "hello\n");
}

TEST_F(Guest, Threads_AreThoseStated) {
  auto const before = threads();
  {
    auto const workspace = attach();
    auto const run = workspace.experiment("guest").submit(script("print('hello')\n"));
    run.wait_for_completion();
    RunMonitor const first, second;
    EXPECT_LE(threads(), before + 3 + 2);  // the HTTP library's pool of two and its resolver, and one for each monitor
  }
  EXPECT_LE(threads(), before + 3);
}

TEST_F(Guest, MonitorsThread_TakesNoSignals) {
  RunMonitor monitor({.latency = std::chrono::milliseconds(10)});
  std::promise<bool> blocked;
  auto const run = attach().experiment("guest").submit(script("print('hello')\n"));
  auto const subscription =
      monitor.watch(run, {.on_finished = [&](auto const&, RunDetails const&) {
                      sigset_t set;
                      pthread_sigmask(SIG_SETMASK, nullptr, &set);
                      blocked.set_value(sigismember(&set, SIGINT) == 1 && sigismember(&set, SIGTERM) == 1 &&
                                        sigismember(&set, SIGCHLD) == 1);
                    }});
  EXPECT_TRUE(blocked.get_future().get());
}

TEST_F(Guest, NothingIsPrinted_AlsoWhenThingsFail) {
  auto const output = path("printed");
  std::array<int, 2> const kept{dup(STDOUT_FILENO), dup(STDERR_FILENO)};
  std::fflush(nullptr);
  auto const file = open(output.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  dup2(file, STDOUT_FILENO);
  dup2(file, STDERR_FILENO);
  close(file);
  std::string log;
  bool refused = false, failed = false;
  try {
    log = whole_job();
    auto const workspace = attach();
    try {
      (void)workspace.get_run("none");
    } catch (NotFoundError const&) {
      refused = true;
    }
    try {
      workspace.experiment("guest").submit(script("raise SystemExit(3)\n")).wait_for_completion();
    } catch (RunFailedError const&) {
      failed = true;
    }
  } catch (Error const& error) {
    log = error.what();
  }
  std::fflush(nullptr);
  dup2(kept[0], STDOUT_FILENO);
  dup2(kept[1], STDERR_FILENO);
  for (auto const descriptor : kept) close(descriptor);
  EXPECT_EQ(log, "hello\n");
  EXPECT_TRUE(refused && failed);
  EXPECT_EQ(text_of(output), "");
}

TEST_F(Guest, FollowerThatIsKilledAndStartedAgain_HasEveryByteOnce) {
  auto const workspace = attach();
  auto const run = workspace.experiment("guest").submit(
      script("import sys, time\nfor i in range(400):\n  sys.stdout.write(f'step {i}\\r' if i % 3 else f'line "
             "{i}\\n')\n  sys.stdout.flush()\n  time.sleep(0.002)\n"));
  std::string text, stored;
  struct Killed {};
  bool ended = false;
  for (int life = 0; !ended && life < 1000; ++life) {
    int chunks = 0;
    try {
      run.follow_logs(
          [&](LogChunk const& chunk) {
            text += chunk.text;
            stored = chunk.cursor->to_string();
            if (++chunks == 1 + life % 3) throw Killed{};
          },
          {.from = LogCursor::parse(stored)});
      ended = true;
    } catch (Killed const&) {
    }
  }
  ASSERT_TRUE(ended);
  EXPECT_EQ(text, log_of(run));
  EXPECT_GT(text.size(), 3000U);
}

TEST_F(Guest, ManyRuns_AreWatchedByOneThread) {
  auto const workspace = attach();
  std::vector<azureml::Run> runs;
  for (int i = 0; i < 6; ++i)
    runs.push_back(workspace.experiment("guest").submit(script("import os\nprint(os.environ['AZUREML_RUN_ID'])\n")));
  std::mutex mutex;
  std::condition_variable all;
  std::map<std::string, std::string> text;
  std::size_t finished = 0;
  {
    RunMonitor monitor({.latency = std::chrono::milliseconds(50)});
    std::vector<RunMonitor::Subscription> subscriptions;
    for (auto const& run : runs)
      subscriptions.push_back(monitor.watch(run, {.on_log =
                                                      [&](auto const& r, std::string const& piece, LogCursor const&) {
                                                        std::lock_guard const lock(mutex);
                                                        text[r.id()] += piece;
                                                      },
                                                  .on_finished =
                                                      [&](auto const&, RunDetails const&) {
                                                        std::lock_guard const lock(mutex);
                                                        ++finished;
                                                        all.notify_one();
                                                      }}));
    std::unique_lock lock(mutex);
    EXPECT_TRUE(all.wait_for(lock, std::chrono::minutes(2), [&] { return finished == runs.size(); }));
  }
  for (auto const& run : runs) EXPECT_EQ(text[run.id()], run.id() + "\n");
  EXPECT_LT(wait_any(runs), runs.size());
}

}  // namespace
}  // namespace azureml::test
