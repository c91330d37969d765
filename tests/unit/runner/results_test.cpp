#include "engine/runner/results.hpp"
#include "engine/runner/tree_watch.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct ResultsTest : ::testing::Test {
  ResultsTest() {
    for (auto const& folder : {paths.work() / "outputs", paths.work() / "logs", paths.artifacts(), paths.scratch()}) fs::create_directories(folder);
  }
  test::TemporaryDirectory directory{};
  RunPaths paths{directory.path()};
  Results results{paths};
  Results::Time now{std::chrono::steady_clock::now()};
  [[nodiscard]] std::string artifact(std::string const& name) const { return test::read_text(paths.artifacts() / name); }
  [[nodiscard]] bool exists(std::string const& name) const { return fs::exists(paths.artifacts() / name); }
};

TEST_F(ResultsTest, GrowingLog_IsMirroredByAppending) {
  test::write_text(paths.work() / "logs/a/b.log", "one\n");
  results.log_changed("a/b.log");
  EXPECT_EQ(artifact("logs/a/b.log"), "one\n");
  struct stat before {}, after {};
  ::stat((paths.artifacts() / "logs/a/b.log").c_str(), &before);
  test::append_text(paths.work() / "logs/a/b.log", "two\n");
  results.log_changed("a/b.log");
  EXPECT_EQ(artifact("logs/a/b.log"), "one\ntwo\n");
  ::stat((paths.artifacts() / "logs/a/b.log").c_str(), &after);
  EXPECT_EQ(before.st_ino, after.st_ino);  // who follows it keeps its place
}

TEST_F(ResultsTest, TruncatedOrReplacedLog_IsWrittenAnew) {
  test::write_text(paths.work() / "logs/x", "a long first version");
  results.log_changed("x");
  test::write_text(paths.work() / "logs/x", "short");
  results.log_changed("x");
  EXPECT_EQ(artifact("logs/x"), "short");
  test::write_text(paths.work() / "logs/y", "another file with more in it");
  fs::rename(paths.work() / "logs/y", paths.work() / "logs/x");
  results.log_changed("x");
  EXPECT_EQ(artifact("logs/x"), "another file with more in it");
}

TEST_F(ResultsTest, LogRewrittenLongerUnnoticed_IsRightAtTheEnd) {
  test::write_text(paths.work() / "logs/x", "first");
  results.log_changed("x");
  test::write_text(paths.work() / "logs/x", "other content, longer");  // the same inode
  results.collect_all(false);
  EXPECT_EQ(artifact("logs/x"), "other content, longer");
}

TEST_F(ResultsTest, Output_AppearsOnlyClosedAndQuiet) {
  test::write_text(paths.work() / "outputs/m", "model");
  results.output_changed("m", false, now);
  EXPECT_FALSE(results.next_due());
  results.publish_due(now + 1h);
  EXPECT_FALSE(exists("outputs/m"));
  results.output_changed("m", true, now);
  EXPECT_EQ(results.next_due(), now + 2s);
  results.publish_due(now + 1999ms);
  EXPECT_FALSE(exists("outputs/m"));
  results.publish_due(now + 2s);
  EXPECT_EQ(artifact("outputs/m"), "model");
  EXPECT_FALSE(results.next_due());
  EXPECT_TRUE(fs::is_empty(paths.scratch()));
}

TEST_F(ResultsTest, End_CollectsEverythingHiddenToo) {
  test::write_text(paths.work() / "outputs/.hidden", "h");
  test::write_text(paths.work() / "outputs/a/b/c", "c");
  test::write_text(paths.work() / "logs/.l", "l");
  test::write_text(paths.work() / "elsewhere", "not kept");
  results.collect_all(true);
  EXPECT_EQ(artifact("outputs/.hidden"), "h");
  EXPECT_EQ(artifact("outputs/a/b/c"), "c");
  EXPECT_EQ(artifact("logs/.l"), "l");
  EXPECT_FALSE(exists("elsewhere"));
  EXPECT_EQ(results.files(), 3U);
  EXPECT_EQ(results.bytes(), 3U);
  EXPECT_TRUE(results.warnings().empty());
}

TEST_F(ResultsTest, FileChangedAfterItWasPublished_IsPublishedAgain) {
  test::write_text(paths.work() / "outputs/m", "1");
  results.output_changed("m", true, now);
  results.publish_due(now + 2s);
  test::write_text(paths.work() / "outputs/m", "second");
  results.collect_all(false);
  EXPECT_EQ(artifact("outputs/m"), "second");
}

TEST_F(ResultsTest, LinksAndSpecialFiles_AreFollowedInsideAndSaidOtherwise) {
  test::write_text(paths.work() / "data/x", "x");
  test::write_text(directory.path() / "secret", "s");
  auto const outputs = paths.work() / "outputs";
  fs::create_symlink("../data", outputs / "folder");
  fs::create_symlink("../data/x", outputs / "file");
  fs::create_symlink(directory.path() / "secret", outputs / "escape");
  fs::create_symlink("/etc", outputs / "etc");
  fs::create_symlink(".", outputs / "loop");
  fs::create_symlink("nothing", outputs / "dangling");
  ASSERT_EQ(::mkfifo((outputs / "pipe").c_str(), 0600), 0);
  results.collect_all(true);
  EXPECT_EQ(artifact("outputs/folder/x"), "x");
  EXPECT_EQ(artifact("outputs/file"), "x");
  for (auto const* name : {"escape", "etc", "loop", "dangling", "pipe"}) {
    EXPECT_FALSE(exists(std::string("outputs/") + name)) << name;
    bool said = false;
    for (auto const& warning : results.warnings()) said = said || warning.find(std::string("outputs/") + name + "'") != std::string::npos;
    EXPECT_TRUE(said) << name;
  }
  EXPECT_EQ(results.warnings().size(), 5U);
}

TEST_F(ResultsTest, OutputThatCannotBeKept_IsNamedAsAFailure) {
  test::write_text(paths.work() / "outputs/m", "1");
  test::write_text(paths.artifacts() / "outputs", "a file where the folder should be");
  results.collect_all(false);
  EXPECT_NE(results.failure().find("outputs/m"), std::string::npos);
}

struct TreeWatchTest : ::testing::Test {
  test::TemporaryDirectory directory{};
  TreeWatch watch{};
  std::map<std::string, bool> seen{};
  void add() {
    watch.add(directory.path(), [this](fs::path const& name, bool closed) { seen[name.string()] = closed; });
  }
  void handle() {
    pollfd ready{watch.fd(), POLLIN, 0};
    while (::poll(&ready, 1, 0) > 0) watch.handle();
  }
};

TEST_F(TreeWatchTest, FilesBelowNewDirectories_AreTold) {
  add();
  test::write_text(directory.path() / "a/b/c/file", "x");
  handle();
  ASSERT_TRUE(seen.contains("a/b/c/file"));
  seen.clear();
  test::append_text(directory.path() / "a/b/c/file", "y");
  handle();
  ASSERT_TRUE(seen.contains("a/b/c/file"));
  EXPECT_TRUE(seen["a/b/c/file"]);
}

TEST_F(TreeWatchTest, WhatWasThereBefore_IsToldAtOnce) {
  test::write_text(directory.path() / "a/x", "x");
  add();
  EXPECT_TRUE(seen.contains("a/x"));
}

TEST_F(TreeWatchTest, RemovedTree_IsNotToldAnyMore) {
  add();
  watch.remove(directory.path());
  test::write_text(directory.path() / "x", "x");
  handle();
  EXPECT_TRUE(seen.empty());
}

}  // namespace
}  // namespace azureml::engine::runner
