#include "snapshot/limits.hpp"

#include "snapshot/snapshot.hpp"
#include "unit/snapshot/temporary_folder.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

namespace azureml::snapshot {
namespace {

using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Plan plan_of(std::vector<std::pair<std::string, std::uint64_t>> const& files) {
  Plan plan{.root = "/project"};
  for (auto const& [path, size] : files) {
    plan.files.push_back({.path = path, .size = size});
    plan.bytes += size;
  }
  return plan;
}

std::vector<std::string> heaviest_paths(Plan const& plan, WeighedBy by = WeighedBy::bytes) {
  std::vector<std::string> paths;
  for (auto const& weight : heaviest(plan, 10, by, IgnoreRules::git))
    paths.push_back(weight.path + " " + std::to_string(weight.bytes) + " " + std::to_string(weight.files));
  return paths;
}

TEST(Heaviest, FoldersAndFiles_AreSortedAndNoneIsWithinAnother) {
  auto const plan = plan_of({{"a/1", 10}, {"a/2", 10}, {"b", 30}, {"c/d/1", 4}, {"c/d/2", 4}});
  EXPECT_THAT(heaviest_paths(plan), ElementsAre("b 30 1", "a/ 20 2", "c/d/ 8 2"));
}

TEST(Heaviest, FolderThatOwesItsWeightToOneThing_IsNotNamedInItsPlace) {
  auto const plan = plan_of({{"src/train.py", 5}, {"src/weights/big.bin", 1000}, {"src/weights/small.bin", 3}});
  EXPECT_THAT(heaviest_paths(plan),
              ElementsAre("src/weights/big.bin 1000 1", "src/train.py 5 1", "src/weights/small.bin 3 1"));
}

TEST(Heaviest, ByFiles_CountsThem) {
  auto const plan = plan_of({{"a/1", 0}, {"a/2", 0}, {"b", 30}});
  EXPECT_THAT(heaviest_paths(plan, WeighedBy::files), ElementsAre("a/ 0 2", "b 30 1"));
}

TEST(Heaviest, ManyThings_AreTen) {
  std::vector<std::pair<std::string, std::uint64_t>> files;
  for (int i = 0; i < 50; ++i) files.emplace_back("f" + std::to_string(100 + i), 100 - i);
  auto const weights = heaviest(plan_of(files), 10, WeighedBy::bytes, IgnoreRules::git);
  ASSERT_THAT(weights, SizeIs(10));
  EXPECT_EQ(weights.front().path, "f100");
  EXPECT_THAT(heaviest(plan_of({}), 10, WeighedBy::bytes, IgnoreRules::git), IsEmpty());
}

class OddName : public ::testing::TestWithParam<std::tuple<std::string, IgnoreRules>> {};

TEST_P(OddName, IgnoreLine_LeavesOutThisAndNothingElse) {
  auto const& [name, rules] = GetParam();
  SnapshotOptions const options{.ignore = rules, .allow = {}};
  for (auto const& path : {name, "sub/" + name, name + "/x"}) {
    TemporaryFolder const root;
    root.write(path, "12345");
    root.write("other/" + path, "1");
    root.write("plain", "1");
    root.write("a", "1");
    root.write("ab", "1");
    root.write(".gitignore", "\n");
    auto const before = make_plan(root.path(), options);
    auto const weights = heaviest(before, 10, WeighedBy::bytes, rules);
    ASSERT_FALSE(weights.empty());
    EXPECT_EQ(before.ignore_file, ".gitignore");
    root.write(".gitignore", weights.front().ignore_line + "\n");
    auto const after = make_plan(root.path(), options);
    EXPECT_EQ(after.files.size() + 1, before.files.size()) << weights.front().ignore_line;
    EXPECT_TRUE(find_exclusion(after, path)) << weights.front().ignore_line;
  }
}

INSTANTIATE_TEST_SUITE_P(Names, OddName,
                         ::testing::Combine(::testing::Values("data", "#hash", "!bang", "[a]", "*", "**", "?b",
                                                              "back\\slash", "end\\", " front", "end ", "end  ",
                                                              "end\u00a0", "\u3000 ", " ", "a b", "日本", "a[", "]",
                                                              "{x}", "\\*"),
                                            ::testing::Values(IgnoreRules::git, IgnoreRules::service)));

TEST(CheckLimits, PassedInSilence_AreWarningsWithWhatToDo) {
  TemporaryFolder const root;
  root.write("data/big", std::string(3000, 'x'));
  root.write("train.py", "x");
  auto const plan = make_plan(root.path(), {.bytes_warn = 2048, .files_warn = 1});
  ASSERT_THAT(plan.warnings, SizeIs(2));
  EXPECT_THAT(plan.warnings[0],
              HasSubstr("holds 2.9 KiB, more than the 2.0 KiB of bytes_warn; the most of it: 'data/big' 2.9 KiB"));
  EXPECT_THAT(plan.warnings[0], HasSubstr("/data/big"));
  EXPECT_THAT(plan.warnings[1], HasSubstr("holds 2 files, more than the 1 of files_warn"));
  EXPECT_THAT(make_plan(root.path(), {.bytes_warn = 3001, .files_warn = 2}).warnings, IsEmpty());
  EXPECT_THAT(make_plan(root.path(), {.bytes_warn = 0, .files_warn = 0}).warnings, IsEmpty());
}

TEST(CheckLimits, MoreThanTheMost_IsAFaultWithTheWorstAndLinesToLeaveThemOut) {
  TemporaryFolder const root;
  for (int i = 0; i < 15; ++i)
    root.write("f" + std::to_string(100 + i), std::string(200U - static_cast<unsigned>(i), 'x'));
  try {
    make_plan(root.path(), {.bytes_max = 1000, .files_max = 14});
    FAIL() << "it was taken";
  } catch (ValidationError const& error) {
    ASSERT_THAT(error.faults(), SizeIs(2));
    EXPECT_EQ(error.faults()[0].field, "source_directory");
    EXPECT_THAT(error.faults()[0].problem,
                HasSubstr("more than the 1000 bytes of bytes_max; the most of it: 'f100' 200 bytes,"));
    EXPECT_THAT(error.faults()[0].problem, HasSubstr("'f109'"));
    EXPECT_THAT(error.faults()[0].problem, Not(HasSubstr("'f110'")));
    EXPECT_THAT(error.faults()[0].remedy, HasSubstr("in .amlignore:\n/f100\n/f101\n"));
    EXPECT_THAT(error.faults()[1].problem, HasSubstr("holds 15 files, more than the 14 of files_max"));
  }
  EXPECT_NO_THROW(make_plan(root.path(), {.bytes_max = 15 * 193, .files_max = 15}));
}

TEST(SnapshotPlan, Folder_HasFilesExclusionsAndWeights) {
  TemporaryFolder const root;
  root.write(".gitignore", "*.tmp\n");
  root.write("train.py", "12345");
  root.write("x.tmp");
  root.write(".env");
  auto const plan = snapshot_plan(root.path(), {.files_warn = 1});
  EXPECT_EQ(plan.root, root.path());
  ASSERT_THAT(plan.files, SizeIs(2));
  EXPECT_EQ(plan.files[1].path, "train.py");
  EXPECT_EQ(plan.files[1].size, 5U);
  EXPECT_EQ(plan.bytes, 11U);
  ASSERT_THAT(plan.excluded, SizeIs(2));
  EXPECT_EQ(plan.excluded[1].rule_file, ".gitignore");
  EXPECT_EQ(plan.excluded[1].rule_line, 1);
  ASSERT_THAT(plan.largest, SizeIs(2));
  EXPECT_EQ(plan.largest[0].ignore_line, "/.gitignore");
  EXPECT_THAT(plan.warnings, SizeIs(1));
}

TEST(SnapshotPlan, StopRequested_Throws) {
  TemporaryFolder const root;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(static_cast<void>(snapshot_plan(root.path(), {}, {.stop = stop.get_token()})), StoppedError);
}

TEST(SnapshotPlanJson, Plan_IsWrittenWithEveryMember) {
  SnapshotPlan const plan{.root = "/p",
                          .files = {{.path = "a \"b\"", .size = 3}, {.path = "é", .size = 0}},
                          .excluded = {{.path = "bad\xFF\n", .rule = "*", .rule_file = ".gitignore", .rule_line = 2}},
                          .bytes = 3,
                          .largest = {{.path = "a \"b\"", .bytes = 3, .files = 1, .ignore_line = "/a \"b\""}},
                          .warnings = {"much"}};
  auto const expected =
      nlohmann::json::parse(R"({"root":"/p","files":[{"path":"a \"b\"","size":3},{"path":"é","size":0}],
    "excluded":[{"path":"bad\ufffd\n","rule":"*","rule_file":".gitignore","rule_line":2}],"bytes":3,
    "largest":[{"path":"a \"b\"","bytes":3,"files":1,"ignore_line":"/a \"b\""}],"warnings":["much"]})");
  EXPECT_EQ(nlohmann::json::parse(to_json(plan)), expected);
  EXPECT_EQ(to_json(plan, -1).find('\n'), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(to_json(plan, -1)), expected);
  EXPECT_EQ(nlohmann::json::parse(to_json({})).at("files"), nlohmann::json::array());
}

}  // namespace
}  // namespace azureml::snapshot
