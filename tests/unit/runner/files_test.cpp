#include "engine/runner/files.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;

struct FilesTest : ::testing::Test {
  test::TemporaryDirectory directory{};
  fs::path root = directory.path();
};

TEST_F(FilesTest, CopiedTree_HasTheSameFilesAndNoLinkIntoTheSource) {
  test::write_text(root / "a/train.py", "print(1)");
  test::write_text(root / "a/sub/.hidden", "h");
  test::write_text(root / "a/empty", "");
  fs::create_directory(root / "a/folder");
  fs::create_symlink("/etc/passwd", root / "a/link");
  EXPECT_EQ(copy_tree(root / "a", root / "b"), 3U);
  test::append_text(root / "b/train.py", "changed");
  EXPECT_EQ(test::read_text(root / "a/train.py"), "print(1)");
  EXPECT_EQ(test::read_text(root / "b/sub/.hidden"), "h");
  EXPECT_TRUE(fs::is_directory(root / "b/folder"));
  EXPECT_FALSE(fs::exists(fs::symlink_status(root / "b/link")));
}

TEST_F(FilesTest, OpenBeneath_FollowsLinksInsideAndRefusesThoseOut) {
  test::write_text(root / "work/data/x", "inside");
  test::write_text(root / "secret", "outside");
  fs::create_symlink("data/x", root / "work/relative");
  fs::create_symlink(root / "work/data/x", root / "work/absolute");
  fs::create_symlink("../secret", root / "work/out");
  fs::create_symlink("nothing", root / "work/dangling");
  ASSERT_EQ(::mkfifo((root / "work/pipe").c_str(), 0600), 0);
  struct stat info {};
  EXPECT_TRUE(open_beneath(root / "work", "relative", info));
  EXPECT_TRUE(open_beneath(root / "work", "absolute", info));
  EXPECT_EQ(info.st_size, 6);
  EXPECT_FALSE(open_beneath(root / "work", "out", info));
  EXPECT_FALSE(open_beneath(root / "work", "../secret", info));
  EXPECT_FALSE(open_beneath(root / "work", "dangling", info));
  EXPECT_FALSE(open_beneath(root / "work", "pipe", info));
  EXPECT_FALSE(open_beneath(root / "work", "data", info));
}

TEST_F(FilesTest, CopyOfPseudoFile_TakesWhatReadingGives) {
  auto const in = base::open_file("/proc/self/status", O_RDONLY);
  auto const out = base::open_file(root / "copy", O_RDWR | O_CREAT);
  EXPECT_GT(copy_bytes(in.get(), 0, out.get(), 0, 1 << 20, "copy"), 0U);
  EXPECT_TRUE(test::read_text(root / "copy").starts_with("Name:"));
}

TEST_F(FilesTest, FailedPublication_LeavesNothingBehind) {
  fs::create_directories(root / "scratch");
  fs::create_directories(root / "target/in_the_way");
  test::write_text(root / "from", "x");
  auto const in = base::open_file(root / "from", O_RDONLY);
  EXPECT_THROW(publish_copy(in.get(), root / "scratch", root / "target/in_the_way"), std::system_error);
  EXPECT_TRUE(fs::is_empty(root / "scratch"));
}

}  // namespace
}  // namespace azureml::engine::runner
