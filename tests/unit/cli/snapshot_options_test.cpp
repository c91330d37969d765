#include "cli/snapshot_options.hpp"

#include <gmock/gmock.h>
#include <CLI/CLI.hpp>

using namespace azureml;
using namespace azureml::cli;

namespace {

SnapshotOptions parsed(std::vector<std::string> words) {
  SnapshotChoice choice;
  CLI::App app{"test"};
  add_snapshot_options(app, choice);
  parse(app, {.command = "submit", .words = std::move(words)}, false);
  return snapshot_options(choice);
}

}  // namespace

TEST(SnapshotOptions, NoneGiven_AreTheDefaults) {
  EXPECT_EQ(parsed({}), SnapshotOptions{});
}

TEST(SnapshotOptions, EveryOption_SetsItsMember) {
  auto const options = parsed({"--ignore", "service", "--allow", ".env*", "--allow=keys/id", "--max-snapshot-bytes",
                               "300m", "--max-snapshot-files", "12", "--no-cache"});
  SnapshotOptions expected;
  expected.ignore = IgnoreRules::service;
  expected.allow = {".env*", "keys/id"};
  expected.bytes_max = 300ULL << 20;
  expected.files_max = 12;
  expected.use_cache = false;
  EXPECT_EQ(options, expected);
}

TEST(SnapshotOptions, OtherWords_AreUsageErrors) {
  EXPECT_ANY_THROW(parsed({"--ignore", "svn"}));
  EXPECT_ANY_THROW(parsed({"--max-snapshot-files", "many"}));
  EXPECT_ANY_THROW(parsed({"--max-snapshot-files", "-1"}));
}

TEST(ParseSize, NumbersWithAndWithoutLetter_AreBytes) {
  EXPECT_EQ(parse_size("0", "--x"), 0U);
  EXPECT_EQ(parse_size("1000", "--x"), 1000U);
  EXPECT_EQ(parse_size("64k", "--x"), 65536U);
  EXPECT_EQ(parse_size("2G", "--x"), 2ULL << 30);
  EXPECT_EQ(parse_size("1t", "--x"), 1ULL << 40);
}

TEST(ParseSize, WhatIsNoSize_NamesTheOption) {
  for (auto const* text : {"", "m", "-1", "1.5g", "1 g", "1x", "1gb", "99999999999999999999", "16777216t"}) {
    try {
      (void)parse_size(text, "--x");
      ADD_FAILURE() << text;
    } catch (UsageError const& error) {
      EXPECT_THAT(error.what(), testing::StartsWith("--x takes a size")) << text;
    }
  }
}
