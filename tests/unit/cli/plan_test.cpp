#include "cli/plan.hpp"

#include <gmock/gmock.h>

using namespace azureml;
using namespace azureml::cli;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

SnapshotPlan plan_of(std::size_t files) {
  SnapshotPlan plan{.root = "/work/project"};
  for (std::size_t i = 0; i < files; ++i) plan.files.push_back({.path = "f" + std::to_string(i), .size = 2048});
  plan.bytes = files * 2048;
  plan.largest = {{.path = "data/", .bytes = 2048, .files = 1, .ignore_line = "/data"}};
  plan.excluded = {{.path = ".git/", .rule = ".git"},
                   {.path = "x.pyc", .rule = "*.pyc", .rule_file = "sub/.gitignore", .rule_line = 3}};
  return plan;
}

}  // namespace

TEST(PlanText, Plan_ShowsTotalsHeaviestFilesAndWhatIsLeftOutWithItsRule) {
  EXPECT_EQ(plan_text(plan_of(1), 20),
            "/work/project: 1 file, 2.0 KiB; 2 left out\n"
            "\nHeaviest, and the line of an ignore file that leaves it out\n"
            "     2.0 KiB  data/ (1 file)  /data\n"
            "\nFiles\n"
            "     2.0 KiB  f0\n"
            "\nLeft out, and the rule\n"
            "  .git/  rule .git\n"
            "  x.pyc  sub/.gitignore:3: *.pyc\n");
}

TEST(PlanText, MoreThanFits_IsCounted) {
  auto const text = plan_text(plan_of(25), 20);
  EXPECT_THAT(text, HasSubstr("  f19\n  and 5 more (--all shows them)\n"));
  EXPECT_THAT(text, Not(HasSubstr("f20")));
  EXPECT_THAT(plan_text(plan_of(25), 1000), HasSubstr("f24\n"));
}

TEST(PlanText, Nothing_IsOneLine) {
  EXPECT_EQ(plan_text({.root = "/empty"}, 20), "/empty: 0 files, 0 B; 0 left out\n");
}

TEST(NameText, WhatATerminalWouldObey_IsEscaped) {
  EXPECT_EQ(name_text("a\nb\x1b[31m\t"), "a\\x0ab\\x1b[31m\\x09");
  EXPECT_EQ(name_text("caf\xe9"), "caf\\xe9");
  EXPECT_EQ(name_text("\xc2\x9b" "31m"), "\\xc2\\x9b31m");
  EXPECT_EQ(name_text("\xe2\x80\xae" "txt"), "\\xe2\\x80\\xaetxt");
  EXPECT_EQ(name_text("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(name_text("Größe 日本 😀"), "Größe 日本 😀");
}
