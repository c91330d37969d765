#include "engine/runner/mounts.hpp"
#include "base/unique_fd.hpp"
#include "engine/runner/spawn.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;

struct Mounts : ::testing::Test {
  Mounts() {
    test::write_text(root / "store/a/x.txt", "data");
    test::write_text(root / "store/one.csv", "one");
    fs::create_directories(root / "run/folder");
    test::write_text(root / "run/one.csv", "");
  }
  /// The shell's output, and what it left behind.
  std::string shell(std::string const& command, MountWay way) {
    base::UniqueFd const out(::open((root / "out").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    auto const child = spawn({.program = "/bin/sh",
                              .arguments = {"sh", "-c", command},
                              .environment = {"PATH=/usr/bin:/bin"},
                              .working_directory = (root / "run").string(),
                              .standard_output = out.get(),
                              .mounts = mounts,
                              .mount_way = way});
    int status = 0;
    ::waitpid(child, &status, 0);
    return test::read_text(root / "out");
  }
  test::TemporaryDirectory directory{};
  fs::path root = directory.path();
  std::vector<ReadOnlyMount> mounts{{(root / "store/a").string(), (root / "run/folder").string()},
                                    {(root / "store/one.csv").string(), (root / "run/one.csv").string()}};
};

struct MountWays : Mounts, ::testing::WithParamInterface<MountWay> {};

TEST_P(MountWays, Script_ReadsThemCannotWriteThemAndNobodyElseSeesThem) {
  if (find_mount_way(mounts, {GetParam()}) != GetParam()) GTEST_SKIP() << "this machine does not permit such mounts";
  EXPECT_EQ(shell("cat folder/x.txt one.csv; echo more >> folder/x.txt || printf no; true > one.csv || printf no; rm "
                  "folder/x.txt || printf no; "
                  "touch folder/new || printf no; mv one.csv two.csv || printf no",
                  GetParam()),
            "dataonenonononono");
  EXPECT_EQ(test::read_text(root / "store/a/x.txt"), "data");
  EXPECT_EQ(test::read_text(root / "store/one.csv"), "one");
  EXPECT_TRUE(fs::is_empty(root / "run/folder"));
  EXPECT_EQ(test::read_text(root / "run/one.csv"), "");
  EXPECT_FALSE(fs::exists(root / "store/a/new"));
}

TEST_P(MountWays, RemovalOfTheirPlacesByOthers_LeavesTheSourceWhole) {
  if (find_mount_way(mounts, {GetParam()}) != GetParam()) GTEST_SKIP() << "this machine does not permit such mounts";
  ASSERT_EQ(::mkfifo((root / "ready").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((root / "go").c_str(), 0600), 0);
  auto const child =
      spawn({.program = "/bin/sh",
             .arguments = {"sh", "-c", "true > ../ready; read line < ../go; cat ../store/a/x.txt > ../seen"},
             .environment = {"PATH=/usr/bin:/bin"},
             .working_directory = (root / "run").string(),
             .mounts = mounts,
             .mount_way = GetParam()});
  base::UniqueFd const ready(::open((root / "ready").c_str(), O_RDONLY | O_CLOEXEC));  // returns when the script runs
  fs::remove_all(root / "run");
  {
    base::UniqueFd const go(::open((root / "go").c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_EQ(::write(go.get(), "x\n", 2), 2);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(test::read_text(root / "seen"), "data");
  EXPECT_EQ(test::read_text(root / "store/a/x.txt"), "data");
  EXPECT_EQ(test::read_text(root / "store/one.csv"), "one");
}

TEST_P(MountWays, ScriptKeepsItsUserAndGroup) {
  if (find_mount_way(mounts, {GetParam()}) != GetParam()) GTEST_SKIP() << "this machine does not permit such mounts";
  EXPECT_EQ(shell("id -u; id -g", GetParam()), std::to_string(::geteuid()) + "\n" + std::to_string(::getegid()) + "\n");
}

INSTANTIATE_TEST_SUITE_P(Ways, MountWays, ::testing::Values(MountWay::privileged, MountWay::user_namespace),
                         [](auto const& way) {
                           return way.param == MountWay::privileged ? "privileged" : "user_namespace";
                         });

TEST_F(Mounts, WhatCannotBeMounted_HasNoWayAndFailsTheSpawn) {
  mounts.push_back({(root / "store/none").string(), (root / "run/folder").string()});
  EXPECT_EQ(find_mount_way(mounts), MountWay::none);
  EXPECT_THROW(shell("true", MountWay::privileged), std::system_error);
  EXPECT_EQ(find_mount_way({}), MountWay::none);
  mounts.pop_back();
  EXPECT_EQ(find_mount_way(mounts, {}), MountWay::none);
}

/// As an ordinary user, who has nothing but namespaces of users.
TEST_F(Mounts, OrdinaryUser_MountsInAUserNamespaceOrNotAtAll) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs to become somebody else";
  constexpr uid_t kNobody = 65534;
  for (auto const& entry : fs::recursive_directory_iterator(root))
    ASSERT_EQ(::lchown(entry.path().c_str(), kNobody, kNobody), 0);
  ASSERT_EQ(::chown(root.c_str(), kNobody, kNobody), 0);
  auto const child = ::fork();
  if (child == 0) {
    // A program that such a user starts is dumpable, and so owns its files in /proc.
    if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0 || ::prctl(PR_SET_DUMPABLE, 1) != 0) ::_exit(9);
    auto const way = find_mount_way(mounts);
    if (way == MountWay::privileged) ::_exit(1);
    if (way == MountWay::none) ::_exit(77);
    auto const text =
        shell("cat folder/x.txt; echo more >> folder/x.txt || printf no; id -u; grep CapEff /proc/self/status", way);
    ::_exit(text == "datano65534\nCapEff:\t0000000000000000\n" ? 0 : 2);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "this machine does not permit user namespaces";
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(test::read_text(root / "store/a/x.txt"), "data");
}

}  // namespace
}  // namespace azureml::engine::runner
