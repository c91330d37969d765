#include "engine/routes/files.hpp"

#include <gtest/gtest.h>

#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

namespace azureml::engine::routes {
namespace {

std::vector<std::string> nasty_names() {
  using namespace std::string_literals;
  std::vector<std::string> names{
      "", "/", "//", ".", "..", "./", "../", "/..", "/.", "a/..", "../a", "a/../b", "a/./b", "./a", "a/.", "/a", "a/", "a//b", "//a", "a//",
      "/etc/passwd", "../../../../etc/passwd", "a/../../etc/passwd", "..\\..\\x", "a\\b", "\\", "C:\\x", "\\\\host\\share", "a\0b"s, "\0"s, "a/\0/b"s, "a\nb",
      "a\rb", "\x1b[31m", "a\tb", "\x7f", "\x01", "a/\x02", "\xff", "\xfe\xff", "a\xc0\xaf" "b", "\xc0\xae\xc0\xae/x", "\xe0\x80\xaf", "\xf0\x80\x80\xaf",
      "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "a\x80", "\xf0\x9f\x98", "...//..", "a/..//b", "x/../",
  };
  names.emplace_back(256, 'a');
  names.emplace_back("b/" + std::string(256, 'a'));
  std::string deep;
  while (deep.size() <= 1024) deep += "abcd/";
  names.push_back(deep + "x");
  return names;
}

class FilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "azureml-files-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    root_ = directory_ / "root";
    std::filesystem::create_directories(root_);
    std::ofstream{directory_ / "secret"} << "secret";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  void write(std::string const& name, std::string const& text = "x") {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream{root_ / name} << text;
  }
  std::vector<std::string> walk(std::string const& prefix, std::string const& after = {}) const {
    std::vector<std::string> names;
    walk_files(root_, prefix, after, [&](std::string const& name) {
      names.push_back(name);
      return true;
    });
    return names;
  }
  std::filesystem::path directory_{}, root_{};
};

TEST(Names, NastyOnes_HaveAFault) {
  auto const names = nasty_names();
  EXPECT_GE(names.size(), 50U);
  for (auto const& name : names) EXPECT_NE(name_fault(name), "") << ::testing::PrintToString(name);
}

TEST(Names, OddButGoodOnes_HaveNone) {
  for (std::string const name : {"a", "a/b", ".hidden", "..a", "a..", "...", "a/...", "a b", "%2e%2e/x", "a'b\"c", "a?b#c", "\xc3\xa9", "\xf0\x9f\x98\x80/x",
                                 "-rf", "~", "$HOME", "a:b", "a*b", "\xed\x9f\xbf"}) {
    EXPECT_EQ(name_fault(name), "") << name;
  }
  EXPECT_EQ(name_fault(std::string(255, 'a')), "");
}

TEST(Names, Containers_AreAsTheServiceHasThem) {
  for (auto const* name : {"abc", "a-b", "azureml", "8e7dad76-df37-472b-b882-0c1c58adfcf9-1ao9hsrbr8p91yus22jpur8dra"}) EXPECT_TRUE(is_container_name(name)) << name;
  for (auto const* name : {"", "ab", "-abc", "abc-", "a--b", "Abc", "a.b", ".staging", "..", "a/b", "a_b", "$root"}) EXPECT_FALSE(is_container_name(name)) << name;
  EXPECT_FALSE(is_container_name(std::string(64, 'a')));
}

TEST_F(FilesTest, RegularFile_IsOpenedWithItsSize) {
  write("a/b.txt", "hello");
  auto const file = open_beneath(root_, "a/b.txt");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size, 5U);
  auto const etag = file->etag;
  write("a/b.txt", "hello, more");
  EXPECT_NE(open_beneath(root_, "a/b.txt")->etag, etag);
}

TEST_F(FilesTest, WhatIsNoRegularFile_IsNotOpened) {
  write("a/b.txt");
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink(directory_ / "secret", root_ / "link");
  std::filesystem::create_symlink(directory_, root_ / "folder");
  std::filesystem::create_symlink("b.txt", root_ / "a" / "inside");
  for (auto const* name : {"a", "pipe", "link", "folder/secret", "a/inside", "absent", "a/absent", "a/b.txt/c", "absent/b"}) {
    EXPECT_FALSE(open_beneath(root_, name)) << name;
  }
  EXPECT_FALSE(open_beneath(root_ / "absent", "x"));
}

TEST_F(FilesTest, Walk_IsInByteOrderOfWholeNamesWithoutLinks) {
  for (auto const* name : {"b", "a/x", "a.txt", "a/b/c", "a-b", "a0"}) write(name);
  std::filesystem::create_symlink(directory_, root_ / "zfolder");
  std::filesystem::create_symlink(directory_ / "secret", root_ / "zlink");
  EXPECT_EQ(walk(""), (std::vector<std::string>{"a-b", "a.txt", "a/b/c", "a/x", "a0", "b"}));
  EXPECT_EQ(walk("a/"), (std::vector<std::string>{"a/b/c", "a/x"}));
  EXPECT_EQ(walk("a/b"), std::vector<std::string>{"a/b/c"});
  EXPECT_EQ(walk("a/b/c"), std::vector<std::string>{"a/b/c"});
  EXPECT_TRUE(walk("../").empty());
  EXPECT_TRUE(walk("c").empty());
}

TEST_F(FilesTest, WalkAfterEachName_GivesExactlyTheRest) {
  for (auto const* name : {"b", "a/x", "a.txt", "a/b/c", "a-b", "a0", "c/d/e/f", "c/d/g"}) write(name);
  auto const all = walk("");
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(walk("", all[i]), std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end())) << all[i];
  }
  EXPECT_EQ(walk("", "a/bz").front(), "a/x");
}

}  // namespace
}  // namespace azureml::engine::routes
