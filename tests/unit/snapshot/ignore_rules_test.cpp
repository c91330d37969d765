#include "snapshot/ignore_rules.hpp"

#include <gtest/gtest.h>

namespace azureml::snapshot {
namespace {

/// True when the ignore file leaves the path out. A path that ends with a slash is a folder.
bool leaves_out(std::string_view text, std::string_view path) {
  bool const is_folder = path.ends_with('/');
  if (is_folder) path.remove_suffix(1);
  IgnoreFile const file(".gitignore", text);
  auto const* const rule = file.match(path, is_folder);
  return rule && !rule->negative;
}

struct Case {
  char const *pattern, *path;
  bool expected;
};

class OnePattern : public ::testing::TestWithParam<Case> {};

TEST_P(OnePattern, MatchesAsInGit) {
  auto const& [pattern, path, expected] = GetParam();
  EXPECT_EQ(leaves_out(pattern, path), expected) << pattern << " with " << path;
}

INSTANTIATE_TEST_SUITE_P(Names, OnePattern,
                         ::testing::Values(Case{"foo", "foo", true}, Case{"foo", "a/foo", true},
                                           Case{"foo", "foobar", false}, Case{"*.c", "a/b.c", true},
                                           Case{"*.c", ".c", true}, Case{"*.c", "b.cc", false},
                                           Case{"f?o", "fxo", true}, Case{"f?o", "fo", false}, Case{"?", "é", false},
                                           Case{"??", "é", true}, Case{"**", "a/b", true}, Case{"a**b", "axxb", true}));
INSTANTIATE_TEST_SUITE_P(Anchors, OnePattern,
                         ::testing::Values(Case{"/foo", "foo", true}, Case{"/foo", "a/foo", false},
                                           Case{"a/foo", "a/foo", true}, Case{"a/foo", "b/a/foo", false},
                                           Case{"foo/", "foo/", true}, Case{"foo/", "foo", false},
                                           Case{"foo/", "a/foo/", true}, Case{"a/foo/", "b/a/foo/", false},
                                           Case{"/*", "a", true}, Case{"/*", "a/b", false}, Case{"a/*", "a/b", true},
                                           Case{"a/*", "a/b/c", false}));
INSTANTIATE_TEST_SUITE_P(Folders, OnePattern,
                         ::testing::Values(Case{"**/foo", "foo", true}, Case{"**/foo", "a/b/foo", true},
                                           Case{"**/a/foo", "b/a/foo", true}, Case{"a/**", "a/b/c", true},
                                           Case{"a/**", "a/", false}, Case{"a/**/b", "a/b", true},
                                           Case{"a/**/b", "a/x/y/b", true}, Case{"a/**/b", "ab", false},
                                           Case{"a/x**y/b", "a/xy/b", true}, Case{"a/x**y/b", "a/x/y/b", false},
                                           Case{"/a**/b", "a/x/b", true}, Case{"a*/**/b", "ax/b", true}));
INSTANTIATE_TEST_SUITE_P(Sets, OnePattern,
                         ::testing::Values(Case{"[abc]", "b", true}, Case{"[!abc]", "b", false},
                                           Case{"[^abc]", "d", true}, Case{"[a-c]", "b", true}, Case{"[]]", "]", true},
                                           Case{"[]-a]", "_", true}, Case{"[a-]", "-", true}, Case{"[\\]]", "]", true},
                                           Case{"[[:digit:]]", "7", true}, Case{"[[:nope:]]", "n", false},
                                           Case{"[abc", "a", false}, Case{"a[/]b", "a/b", false},
                                           Case{"[c-a]", "b", false}, Case{"[![:upper:]]", "a", true},
                                           Case{"[[:upper:][:digit:]]", "Q", true}));
INSTANTIATE_TEST_SUITE_P(Escapes, OnePattern,
                         ::testing::Values(Case{"#foo", "#foo", false}, Case{"\\#foo", "#foo", true},
                                           Case{"\\!foo", "!foo", true}, Case{"foo  ", "foo", true},
                                           Case{"foo\\ ", "foo ", true}, Case{"foo\\", "foo\\", false},
                                           Case{"\\*", "*", true}, Case{"\\*", "a", false}, Case{"foo\t", "foo", false},
                                           Case{"f\\oo", "foo", true}));

TEST(IgnoreFile, LastMatchingLine_Decides) {
  EXPECT_FALSE(leaves_out("*.csv\n!keep.csv\n", "a/keep.csv"));
  EXPECT_TRUE(leaves_out("!keep.csv\n*.csv\n", "keep.csv"));
  EXPECT_TRUE(leaves_out("*\n!*.py\nsecret.py\n", "secret.py"));
}

TEST(IgnoreFile, LinesOfWindowsAndAByteOrderMark_AreRead) {
  IgnoreFile const file("sub/.gitignore",
                        "\xEF\xBB\xBF"
                        "foo\r\n\r\n# bar\r\nbar  \r\nlast");
  ASSERT_NE(file.match("foo", false), nullptr);
  EXPECT_EQ(file.match("foo", false)->line, 1);
  ASSERT_NE(file.match("bar", false), nullptr);
  EXPECT_EQ(file.match("bar", false)->text, "bar");
  ASSERT_NE(file.match("last", false), nullptr);
  EXPECT_EQ(file.match("last", false)->line, 5);
  EXPECT_EQ(file.name(), "sub/.gitignore");
}

TEST(Glob, ManyStars_DoNotTakeForever) {  // trying one after the other would take years
  std::string pattern, text(2000, 'a');
  for (int i = 0; i < 20; ++i) pattern += "*a";
  EXPECT_FALSE(git_glob(pattern + "?b*c")->matches(text + "c"));
  EXPECT_TRUE(git_glob(pattern + "*c")->matches(text + "c"));
  for (int i = 0; i < 60; ++i) pattern += "*a";  // more parts than bits
  EXPECT_FALSE(git_glob(pattern + "?b*c")->matches(text + "c"));
  EXPECT_TRUE(git_glob(pattern + "*c")->matches(text + "c"));
}

}  // namespace
}  // namespace azureml::snapshot
