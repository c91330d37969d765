#include "unit/core/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace azureml {
namespace {

using test::described;
using test::TemporaryDirectory;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Estimator estimator_for(TemporaryDirectory const& folder, std::string entry_script = "train.py") {
  return {.source_directory = folder.path(), .compute_target = "local", .entry_script = std::move(entry_script)};
}

TEST(ValidateSource, GoodFolder_HasNoFault) {
  TemporaryDirectory const folder;
  folder.write("train.py", "print(1)\n");
  folder.write("sub/more.py", "");
  EXPECT_THAT(validate(estimator_for(folder)), IsEmpty());
  EXPECT_THAT(validate(estimator_for(folder, "./sub/more.py")), IsEmpty());
  EXPECT_THAT(validate(estimator_for(folder, "sub\\more.py")), IsEmpty());
}

TEST(ValidateSource, NothingGiven_IsAFaultForEach) {
  EXPECT_THAT(described(validate(Estimator{})),
              ElementsAre("source_directory: nothing is given", "entry_script: nothing is given",
                          "compute_target: neither a compute target nor a vm_size is given"));
}

TEST(ValidateSource, MissingFolder_IsNamed) {
  EXPECT_THAT(described(validate(
                  {.source_directory = "/nowhere/project", .compute_target = "local", .entry_script = "train.py"})),
              ElementsAre("source_directory: '/nowhere/project' does not exist"));
}

TEST(ValidateSource, FileAsFolder_IsAFault) {
  TemporaryDirectory const folder;
  auto estimator = estimator_for(folder);
  estimator.source_directory = folder.write("train.py", "");
  EXPECT_THAT(described(validate(estimator)), ElementsAre(HasSubstr("is not a folder")));
}

TEST(ValidateSource, EmptyFolder_IsAFault) {
  TemporaryDirectory const folder;
  EXPECT_THAT(described(validate(estimator_for(folder))),
              ElementsAre(HasSubstr("has no file to send"), HasSubstr("does not exist")));
}

TEST(ValidateSource, EverythingIgnored_NamesTheRules) {
  TemporaryDirectory const folder;
  folder.write(".gitignore", "*\n");
  folder.write("train.py", "");
  EXPECT_THAT(described(validate(estimator_for(folder))),
              ElementsAre(HasSubstr("its ignore rules leave out everything"),
                          HasSubstr("by the rule '*' in .gitignore, line 1")));
}

TEST(ValidateSource, IgnoredScript_NamesRuleFileAndLine) {
  TemporaryDirectory const folder;
  folder.write(".gitignore", "# data\n*.csv\nsub/\n");
  folder.write("train.py", "");
  folder.write("sub/run.py", "");
  EXPECT_THAT(
      described(validate(estimator_for(folder, "sub/run.py"))),
      ElementsAre("entry_script: 'sub/run.py' is left out of the snapshot by the rule 'sub/' in .gitignore, line 3"));
}

TEST(ValidateSource, MissingScript_SuggestsOthers) {
  TemporaryDirectory const folder;
  folder.write("train.py", "");
  folder.write("notes.txt", "");
  auto const faults = validate(estimator_for(folder, "trian.py"));
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_THAT(faults[0].problem, HasSubstr("trian.py' does not exist"));
  EXPECT_THAT(faults[0].remedy, HasSubstr("perhaps 'train.py'"));
}

TEST(ValidateSource, ScriptsThatAreNone_AreFaults) {
  TemporaryDirectory const folder;
  folder.write("train.py", "");
  folder.write("sub/a.py", "");
  folder.write("note.ipynb", "{}");
  EXPECT_THAT(described(validate(estimator_for(folder, "sub"))), ElementsAre("entry_script: 'sub' is a folder"));
  EXPECT_THAT(described(validate(estimator_for(folder, "."))), ElementsAre("entry_script: '.' is a folder"));
  EXPECT_THAT(described(validate(estimator_for(folder, (folder.path() / "train.py").string()))),
              ElementsAre(HasSubstr("is an absolute path")));
  EXPECT_THAT(described(validate(estimator_for(folder, "../train.py"))),
              ElementsAre(HasSubstr("is not inside source_directory")));
  EXPECT_THAT(described(validate(estimator_for(folder, "note.ipynb"))), ElementsAre(HasSubstr("is a notebook")));
}

TEST(ValidateSource, FaultsOfTheSnapshot_ComeWithTheOthers) {
  TemporaryDirectory const folder;
  folder.write("train.py", "");
  std::filesystem::create_symlink("nowhere", folder.path() / "dangling");
  auto estimator = estimator_for(folder);
  estimator.node_count = 0;
  auto const faults = described(validate(estimator));
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_THAT(faults[0], HasSubstr("dangling"));
  EXPECT_THAT(faults[1], HasSubstr("node_count"));
}

TEST(ValidateSource, NamedFiles_MustExistAndBeGood) {
  TemporaryDirectory const folder;
  folder.write("train.py", "");
  folder.write("bad.yml", "- x\n");
  folder.write("bad.txt", "-r other.txt\n");
  auto estimator = estimator_for(folder);
  estimator.conda_dependencies_file = "missing.yml";
  EXPECT_THAT(described(validate(estimator)), ElementsAre(HasSubstr("conda_dependencies_file: cannot read")));
  estimator.conda_dependencies_file = "bad.yml";
  EXPECT_THAT(described(validate(estimator)), ElementsAre(HasSubstr("conda_dependencies_file: it is not a mapping")));
  estimator.conda_dependencies_file.clear();
  estimator.pip_requirements_file_path = "bad.txt";
  EXPECT_THAT(described(validate(estimator)), ElementsAre(HasSubstr("pip_requirements_file_path: line 1")));
}

TEST(ValidateSource, PathOnComputeThatIsInTheSnapshot_IsAFault) {
  TemporaryDirectory const folder;
  folder.write("train.py", "");
  folder.write("data/small.csv", "");
  auto estimator = estimator_for(folder);
  estimator.inputs = {DataReference{.datastore = "ds"}.as_download("data")};
  EXPECT_THAT(described(validate(estimator)),
              ElementsAre("inputs[0]: path_on_compute 'data' meets the source directory's 'data/small.csv'"));
  estimator.inputs = {DataReference{.datastore = "ds"}.as_download("train.py/x")};
  EXPECT_THAT(described(validate(estimator)), ElementsAre(HasSubstr("meets the source directory's 'train.py'")));
}

TEST(Inspect, Faults_AreThrownTogether) {
  try {
    core::inspect(Estimator{});
    FAIL() << "nothing was thrown";
  } catch (ValidationError const& error) {
    EXPECT_EQ(error.faults().size(), 3U);
    EXPECT_THAT(error.what(), testing::StartsWith("the estimator is not valid: source_directory: nothing is given"));
  }
}

}  // namespace
}  // namespace azureml
