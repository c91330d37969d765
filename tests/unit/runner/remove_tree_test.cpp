#include "engine/runner/files.hpp"
#include "engine/runner/mounts.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;

struct RemoveTreeTest : ::testing::Test {
  test::TemporaryDirectory directory{};
  fs::path root = directory.path();
};

TEST_F(RemoveTreeTest, FilesFoldersAndLinks_AreGoneAndNothingBehindALinkIs) {
  test::write_text(root / "kept/file", "x");
  test::write_text(root / "tree/a/b/.hidden", "x");
  fs::create_directory_symlink(root / "kept", root / "tree/a/link");
  fs::create_symlink(root / "nowhere", root / "tree/dangling");
  EXPECT_TRUE(remove_tree(root / "tree"));
  EXPECT_FALSE(fs::exists(fs::symlink_status(root / "tree")));
  EXPECT_EQ(test::read_text(root / "kept/file"), "x");
  fs::create_directory_symlink(root / "kept", root / "link");
  EXPECT_TRUE(remove_tree(root / "link"));
  EXPECT_EQ(test::read_text(root / "kept/file"), "x");
}

TEST_F(RemoveTreeTest, WhatIsNotThere_CountsAsRemoved) {
  EXPECT_TRUE(remove_tree(root / "none"));
  EXPECT_TRUE(remove_tree(root / "none/deeper"));
  test::write_text(root / "file", "x");
  EXPECT_TRUE(remove_tree(root / "file"));
  fs::create_directory(root / "folder");
  EXPECT_TRUE(remove_tree(root / "folder" / ""));
  EXPECT_FALSE(fs::exists(root / "folder"));
}

TEST_F(RemoveTreeTest, FoldersWithoutPermission_AreRemovedByTheirOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs to become somebody else";
  constexpr uid_t kNobody = 65534;
  test::write_text(root / "tree/closed/deep/file", "x");
  for (auto const& entry : fs::recursive_directory_iterator(root))
    ASSERT_EQ(::lchown(entry.path().c_str(), kNobody, kNobody), 0);
  ASSERT_EQ(::chown(root.c_str(), kNobody, kNobody), 0);
  fs::permissions(root / "tree/closed/deep", fs::perms::none);
  fs::permissions(root / "tree/closed", fs::perms::owner_read | fs::perms::owner_exec);
  auto const child = ::fork();
  if (child == 0) ::_exit(::setgid(kNobody) == 0 && ::setuid(kNobody) == 0 && remove_tree(root / "tree") ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(fs::exists(root / "tree"));
}

/// Even where somebody has mounted a datastore in the folder that goes, and left it there.
TEST_F(RemoveTreeTest, MountInTheTree_IsNeverEntered) {
  test::write_text(root / "store/precious", "x");
  test::write_text(root / "tree/data/in/own", "x");
  fs::create_directories(root / "tree/data/in/mounted");
  auto const child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount((root / "store").c_str(), (root / "tree/data/in/mounted").c_str(), nullptr, MS_BIND, nullptr) != 0)
      ::_exit(77);
    bool const left = !remove_tree(root / "tree") && fs::exists(root / "store/precious") &&
                      !fs::exists(root / "tree/data/in/own") && fs::exists(root / "tree/data/in/mounted/precious");
    ::umount((root / "tree/data/in/mounted").c_str());
    ::_exit(left && remove_tree(root / "tree") && fs::exists(root / "store/precious") ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "this machine does not permit mounts";
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(test::read_text(root / "store/precious"), "x");
}

TEST_F(RemoveTreeTest, CopyOfATree_AsksBetweenFilesAndCanBeReadOnly) {
  test::write_text(root / "from/a", "1");
  test::write_text(root / "from/sub/b", "2");
  int asked = 0;
  EXPECT_EQ(copy_tree(root / "from", root / "to", {.check = [&] { ++asked; }, .read_only = true}), 2U);
  EXPECT_GE(asked, 2);
  EXPECT_EQ(fs::status(root / "to/sub/b").permissions() & (fs::perms::owner_write | fs::perms::group_write),
            fs::perms::none);
  struct Stop {};
  EXPECT_THROW(copy_tree(root / "from", root / "again", {.check = [] { throw Stop{}; }}), Stop);
}

}  // namespace
}  // namespace azureml::engine::runner
