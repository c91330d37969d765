#include "base/unique_fd.hpp"
#include "engine/runner/processes.hpp"
#include "engine/runner/spawn.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <system_error>

namespace azureml::engine::runner {
namespace {

int wait_status(pid_t pid) {
  int status = -1;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

struct SpawnTest : ::testing::Test {
  test::TemporaryDirectory directory{};
  std::string run_shell(std::string const& script, SpawnRequest request = {}) {
    auto const path = directory.path() / "out";
    auto const out = base::open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
    request.program = "sh";
    request.arguments = {"sh", "-c", script};
    if (request.environment.empty()) request.environment = {"PATH=/usr/bin:/bin"};
    request.standard_output = request.standard_error = out.get();
    wait_status(spawn(request));
    return test::read_text(path);
  }
};

TEST_F(SpawnTest, Descriptors_OnlyTheStandardOnesAreInherited) {
  int const leaky = ::open("/dev/null", O_RDONLY);  // deliberately without O_CLOEXEC
  int const high = ::fcntl(leaky, F_DUPFD, 200);
  ASSERT_GE(high, 200);
  // The shell's own glob uses a descriptor of its own, so each number is asked for.
  auto const seen = run_shell("for n in 0 1 2 3 4 5 6 7 8 9 " + std::to_string(leaky) + " " + std::to_string(high) +
                              "; do [ -e /proc/self/fd/$n ] && printf '%s ' $n; done");
  ::close(leaky);
  ::close(high);
  EXPECT_EQ(seen, "0 1 2 ");
}

TEST_F(SpawnTest, SignalsBlockedOrIgnoredByTheCaller_AreResetInTheChild) {
  sigset_t mask, before;
  ::sigemptyset(&mask);
  ::sigaddset(&mask, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &mask, &before);
  auto* const old = ::signal(SIGINT, SIG_IGN);
  auto const status = run_shell("grep -E '^Sig(Blk|Ign)' /proc/self/status");
  ::signal(SIGINT, old);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(status, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_F(SpawnTest, ArgumentsAndEnvironment_ArriveUnchanged) {
  auto const path = directory.path() / "out";
  auto const out = base::open_file(path, O_WRONLY | O_CREAT);
  SpawnRequest request{.program = "/bin/sh", .arguments = {"sh", "-c", "printf '%s|' \"$@\" \"$V\"", "sh", "a b", "", "'\"$x`\n", "-x"}};
  request.environment = {"V=1 2'\"\n"};
  request.standard_output = out.get();
  EXPECT_EQ(wait_status(spawn(request)), 0);
  EXPECT_EQ(test::read_text(path), "a b||'\"$x`\n|-x|1 2'\"\n|");
}

TEST_F(SpawnTest, Child_LeadsASessionOfItsOwnInTheDirectoryAskedFor) {
  SpawnRequest request;
  request.working_directory = directory.path().string();
  auto const text = run_shell("pwd -P; cut -d' ' -f1,5,6 /proc/$$/stat", request);
  auto const line = text.find('\n');
  EXPECT_EQ(text.substr(0, line), std::filesystem::canonical(directory.path()).string());
  int pid = 0, group = 0, session = 0;
  ASSERT_EQ(std::sscanf(text.c_str() + line + 1, "%d %d %d", &pid, &group, &session), 3);
  EXPECT_EQ(pid, group);
  EXPECT_EQ(pid, session);
}

TEST_F(SpawnTest, ProgramThatDoesNotExist_IsReportedWithTheReason) {
  for (bool const detached : {false, true}) {
    try {
      spawn({.program = "/nonexistent/x", .arguments = {"x"}, .detached = detached});
      FAIL();
    } catch (std::system_error const& error) {
      EXPECT_EQ(error.code().value(), ENOENT);
      EXPECT_NE(std::string(error.what()).find("/nonexistent/x"), std::string::npos);
    }
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was left behind";
}

TEST_F(SpawnTest, DirectoryThatDoesNotExist_IsReportedWithTheReason) {
  try {
    spawn({.program = "/bin/true", .arguments = {"true"}, .working_directory = "/nonexistent"});
    FAIL();
  } catch (std::system_error const& error) {
    EXPECT_NE(std::string(error.what()).find("in '/nonexistent'"), std::string::npos);
  }
}

TEST_F(SpawnTest, FileThatIsNotExecutable_IsReportedAsSuch) {
  test::write_text(directory.path() / "plain", "text");
  try {
    spawn({.program = "plain", .arguments = {"plain"}, .environment = {"PATH=" + directory.path().string()}});
    FAIL();
  } catch (std::system_error const& error) {
    EXPECT_EQ(error.code().value(), EACCES);
  }
}

TEST_F(SpawnTest, DetachedChild_IsNotTheCallersOwn) {
  auto const pid = spawn({.program = "/bin/sleep", .arguments = {"sleep", "60"}, .detached = true});
  auto const info = process_info(pid);
  ASSERT_TRUE(info);
  EXPECT_NE(info->parent, ::getpid());
  EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1);
  auto const fd = open_process(pid);
  ::kill(pid, SIGKILL);
  pollfd gone{fd.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&gone, 1, 10'000), 1);
}

}  // namespace
}  // namespace azureml::engine::runner
