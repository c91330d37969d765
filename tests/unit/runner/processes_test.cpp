#include "engine/runner/processes.hpp"
#include "base/uuid.hpp"
#include "engine/runner/spawn.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

using namespace std::chrono_literals;

SpawnRequest sleeper(std::string const& run_id) {
  return {.program = "/bin/sleep", .arguments = {"sleep", "300"}, .environment = {"PATH=/bin", "AZUREML_RUN_ID=" + run_id}};
}

TEST(Processes, OwnProcess_IsDescribed) {
  auto const info = process_info(::getpid());
  ASSERT_TRUE(info);
  EXPECT_EQ(info->parent, ::getppid());
  EXPECT_EQ(info->group, ::getpgrp());
  EXPECT_GT(info->start_time, 0U);
  EXPECT_EQ(boot_id().size(), 36U);
  EXPECT_FALSE(process_info(0x3fffffff));
}

TEST(Processes, RunIdInTheEnvironment_IsComparedWhole) {
  auto const id = "t" + base::random_hex(12);
  auto const ours = spawn(sleeper(id));
  auto const other = spawn(sleeper(id + "x"));
  EXPECT_EQ(find_processes({.run_id = id}), std::vector<pid_t>{ours});
  for (auto const pid : {ours, other}) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
}

TEST(Processes, RecordedGroup_CountsOnlyWithItsStartTime) {
  auto const pid = spawn({.program = "/bin/sleep", .arguments = {"sleep", "300"}});
  auto const start = process_info(pid)->start_time;
  EXPECT_EQ(find_processes({.group = pid, .group_start_time = start}), std::vector<pid_t>{pid});
  EXPECT_TRUE(find_processes({.group = pid, .group_start_time = start + 1}).empty());
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST(Processes, EndOfDetachedOnesThatIgnoreSigterm_LeavesNone) {
  auto const id = "t" + base::random_hex(12);
  spawn({.program = "/bin/sh",
         .arguments = {"sh", "-c", "trap '' TERM; while :; do sleep 300; done"},
         .environment = {"PATH=/bin:/usr/bin", "AZUREML_RUN_ID=" + id},
         .detached = true});
  EXPECT_FALSE(find_processes({.run_id = id}).empty());
  EXPECT_TRUE(end_processes({.run_id = id}, 100ms, 10s));
  EXPECT_TRUE(find_processes({.run_id = id}).empty());
}

TEST(Processes, EndOfAStoppedOne_LetsItAnswerSigtermFirst) {
  auto const id = "t" + base::random_hex(12);
  test::TemporaryDirectory const directory;
  auto const saved = directory.path() / "saved";
  auto const pid = spawn({.program = "/bin/sh",
                          .arguments = {"sh", "-c", "trap 'echo saved > " + saved.string() + "; exit 0' TERM; kill -STOP $$; sleep 300"},
                          .environment = {"PATH=/bin:/usr/bin", "AZUREML_RUN_ID=" + id}});
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, WUNTRACED), pid);
  ASSERT_TRUE(WIFSTOPPED(status));
  EXPECT_TRUE(end_processes({.run_id = id}, 30s, 10s));
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(test::read_text(saved), "saved\n");
}

TEST(Processes, EndWhenNothingIsThere_IsAtOnce) {
  EXPECT_TRUE(end_processes({.run_id = "t" + base::random_hex(12)}, 1h, 1h));
}

}  // namespace
}  // namespace azureml::engine::runner
