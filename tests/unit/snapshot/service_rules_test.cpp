// The Python SDK's ignore rules, compared with what Microsoft's packages made of generated files
// (tests/data/snapshot/make_service_vectors.py says how the data was recorded).
#include "snapshot/ignore_rules.hpp"
#include "snapshot/snapshot.hpp"
#include "unit/snapshot/temporary_folder.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace azureml::snapshot {
namespace {

using nlohmann::json;
using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

json recorded(std::string const& name) {
  std::ifstream in(std::string(AZUREML_TEST_DATA) + "/snapshot/" + name);
  return json::parse(in);
}

/// The rule that decides about a file when nothing above it is looked at first: its line, negative when it lets it
/// stay.
int deciding_line(IgnoreFile const& rules, std::string const& path) {
  IgnoreRule const* rule = nullptr;
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
    rule = IgnoreFile::later(rule, rules.match(std::string_view(path).substr(0, slash), true));
  rule = IgnoreFile::later(rule, rules.match(path, false));
  if (!rule) return 0;
  return rule->negative ? -rule->line : rule->line;
}

SnapshotOptions service() {
  return {.ignore = IgnoreRules::service};
}

std::vector<std::string> files(Plan const& plan) {
  std::vector<std::string> paths;
  for (auto const& file : plan.files) paths.push_back(file.path);
  return paths;
}

std::vector<std::string> excluded(Plan const& plan) {
  std::vector<std::string> lines;
  for (auto const& e : plan.excluded)
    lines.push_back(e.path + " <- " + e.rule_file + ":" + std::to_string(e.rule_line) + ":" + e.rule);
  return lines;
}

TEST(ServiceRules, RecordedPatterns_DecideAsInPython) {
  auto const cases = recorded("service_patterns.json");
  ASSERT_GT(cases.size(), 100U);
  for (auto const& recorded_case : cases) {
    auto const text = recorded_case.at("text").get<std::string>();
    IgnoreFile const rules(".amlignore", text, IgnoreRules::service);
    EXPECT_EQ(!rules.problems().empty(), recorded_case.at("refused").get<bool>()) << text;
    auto const paths = recorded_case.at("paths").get<std::vector<std::string>>();
    for (std::size_t i = 0; i < paths.size(); ++i)
      EXPECT_EQ(deciding_line(rules, paths[i]), recorded_case.at("lines").at(i).get<int>())
          << text << "\nwith " << paths[i];
  }
}

TEST(ServiceRules, RecordedFolders_HaveTheFilesOfPythonsSnapshot) {
  auto const cases = recorded("service_trees.json");
  ASSERT_GT(cases.size(), 50U);
  for (auto const& recorded_case : cases) {
    TemporaryFolder const root;
    for (auto const& [path, text] : recorded_case.at("files").items()) root.write(path, text.get<std::string>());
    for (auto const& [path, target] : recorded_case.at("links").items()) root.link(path, target.get<std::string>());
    EXPECT_EQ(files(make_plan(root.path(), service())), recorded_case.at("kept").get<std::vector<std::string>>())
        << recorded_case.dump(1);
  }
}

TEST(ServiceRules, OneFileInTheRoot_IsAllThatCounts) {
  TemporaryFolder const root;
  root.write(".gitignore", "*.py\n");
  root.write(".amlignore", "*.csv\n");
  root.write("sub/.gitignore", "*\n");
  root.write("sub/.amlignore", "*\n");
  root.write("a.py");
  root.write("sub/b.csv");
  auto const plan = make_plan(root.path(), service());
  EXPECT_THAT(files(plan), ElementsAre(".amlignore", ".gitignore", "a.py", "sub/.amlignore", "sub/.gitignore"));
  EXPECT_THAT(excluded(plan), ElementsAre("sub/b.csv <- .amlignore:1:*.csv"));
  EXPECT_EQ(plan.ignore_file, ".amlignore");
}

TEST(ServiceRules, NoDenyList_EverythingGoesUp) {
  TemporaryFolder const root;
  root.write(".git/config");
  root.write(".env");
  root.write("id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\n");
  EXPECT_THAT(files(make_plan(root.path(), service())), ElementsAre(".env", ".git/config", "id_rsa"));
}

TEST(ServiceRules, FolderThatIsLeftOut_IsNotEnteredForWhatIsToStay) {
  TemporaryFolder const root;
  root.write(".amlignore", "data\n!data/keep.txt\n");
  root.write("data/keep.txt");
  auto const plan = make_plan(root.path(), service());
  EXPECT_THAT(files(plan), ElementsAre(".amlignore"));
  EXPECT_THAT(excluded(plan), ElementsAre("data/ <- .amlignore:1:data"));
}

TEST(ServiceRules, PatternForFolders_LeavesOutTheContentSoThatSomeMayStay) {
  TemporaryFolder const root;
  root.write(".amlignore", "data/\n!data/keep.txt\n");
  root.write("data/keep.txt");
  root.write("data/other.txt");
  root.write("data/deep/x");
  root.write("lib/data/x");
  auto const plan = make_plan(root.path(), service());
  EXPECT_THAT(files(plan), ElementsAre(".amlignore", "data/keep.txt"));
  EXPECT_THAT(excluded(plan), ElementsAre("data/deep/ <- .amlignore:1:data/", "data/other.txt <- .amlignore:1:data/",
                                          "lib/data/x <- .amlignore:1:data/"));
}

TEST(ServiceRules, PatternForFoldersWithNothingToStay_NamesTheFolderOnce) {
  TemporaryFolder const root;
  root.write(".amlignore", "!x\ndata/\n");
  root.write("data/a/x");
  root.write("data/b");
  auto const plan = make_plan(root.path(), service());
  EXPECT_THAT(files(plan), ElementsAre(".amlignore"));
  EXPECT_THAT(excluded(plan), ElementsAre("data/ <- .amlignore:2:data/"));
}

TEST(ServiceRules, PatternThatPythonRefuses_IsAFaultWithItsLine) {
  TemporaryFolder const root;
  root.write(".amlignore", "good\nbad\\\n[z-a]\n!\n");
  try {
    make_plan(root.path(), service());
    FAIL() << "it was taken";
  } catch (ValidationError const& error) {
    ASSERT_EQ(error.faults().size(), 3U);
    EXPECT_THAT(error.faults()[0].problem, HasSubstr("'bad\\' in .amlignore, line 2, ends with a backslash"));
    EXPECT_THAT(error.faults()[1].problem, HasSubstr("line 3, has a range"));
    EXPECT_THAT(error.faults()[2].problem, HasSubstr("line 4, is empty"));
  }
  EXPECT_THAT(make_plan(root.path()).excluded, IsEmpty());  // git matches nothing with them
}

TEST(ServiceRules, IgnoreFileThatIsNoText_IsAFault) {
  TemporaryFolder const root;
  root.write(".amlignore", "caf\xE9\n");
  EXPECT_THROW(make_plan(root.path(), service()), ValidationError);
}

}  // namespace
}  // namespace azureml::snapshot
