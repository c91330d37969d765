#include "core/packages.hpp"

#include "core/conda.hpp"
#include "core/names.hpp"
#include "unit/core/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace azureml::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(PackageName, Requirement_IsInNormalForm) {
  EXPECT_EQ(package_name("Scikit_Learn[all]>=1.0"), "scikit-learn");
  EXPECT_EQ(package_name("conda-forge::python=3.10"), "python");
  EXPECT_EQ(package_name("torch @ https://example.com/torch.whl"), "torch");
  EXPECT_EQ(package_name("a; python_version < '3'"), "a");
  EXPECT_EQ(package_name("--index-url https://example.com"), "");
  EXPECT_EQ(package_name("https://example.com/a.whl"), "");
}

TEST(ParseRequirements, CommentsAndContinuations_AreResolved) {
  Faults faults;
  auto const lines = parse_requirements(
      "# all\n--index-url https://example.com/simple\n\nnumpy>=1 # the base\n  torch==2.3.1 \\\n  --hash=sha256:ab\r\n"
      "pkg @ git+https://example.com/p#egg=pkg\n",
      "pip_requirements_file", faults);
  EXPECT_TRUE(faults.empty());
  EXPECT_THAT(lines, ElementsAre("--index-url https://example.com/simple", "numpy>=1", "torch==2.3.1 --hash=sha256:ab",
                                 "pkg @ git+https://example.com/p#egg=pkg"));
}

TEST(ParseRequirements, FilesOfThisMachine_AreFaults) {
  Faults faults;
  parse_requirements("-r more.txt\n-e .\n./wheel.whl\n--requirement=x\n-cconstraints\n", "pip_requirements_file",
                     faults);
  auto const found = faults.take();
  ASSERT_EQ(found.size(), 5U);
  EXPECT_THAT(found[1].problem, HasSubstr("line 2"));
}

TEST(ParseRequirements, PasswordInAddress_IsAFaultThatDoesNotShowIt) {
  Faults faults;
  parse_requirements("--index-url https://me:hunter2@example.com/simple\n", "pip_requirements_file", faults);
  auto const found = faults.take();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].problem, testing::Not(HasSubstr("hunter2")));
}

TEST(MergeRequirements, SamePackage_IsOneEntryWithBothSpecifiers) {
  EXPECT_THAT(merge_requirements({"numpy>=1", "torch"}, {"numpy<2", "pandas", "torch"}),
              ElementsAre("numpy>=1,<2", "torch", "pandas"));
  EXPECT_THAT(merge_requirements({}, {"Numpy==1", "numpy==1"}), ElementsAre("Numpy==1"));
  EXPECT_THAT(merge_requirements({"torch"}, {"torch==2.3.1"}), ElementsAre("torch==2.3.1"));
}

TEST(MergeRequirements, ExtrasAndMarkers_StayAsTheyAre) {
  EXPECT_THAT(merge_requirements({"ray[tune]"}, {"ray==2"}), ElementsAre("ray[tune]", "ray==2"));
}

TEST(HasCredentials, UserInAddress_TellsTokensFromAccounts) {
  EXPECT_TRUE(has_credentials("https://me:secret@github.com/a/b"));
  EXPECT_TRUE(has_credentials("https://ghp_token@github.com/a/b"));
  EXPECT_TRUE(has_credentials("ssh://me:secret@host/a"));
  EXPECT_TRUE(has_credentials("https://example.com https://a:b@example.com"));
  EXPECT_FALSE(has_credentials("https://github.com/a/b"));
  EXPECT_FALSE(has_credentials("git@github.com:a/b"));
  EXPECT_FALSE(has_credentials("ssh://git@github.com/a/b"));
  EXPECT_FALSE(has_credentials("https://contoso@dev.azure.com/contoso/x"));
  EXPECT_FALSE(has_credentials("https://example.com/@scope/name"));
}

TEST(CondaDependencies, Nothing_IsPythonAndPip) {
  EXPECT_EQ(CondaDependencies{}.to_yaml(), "channels:\n- conda-forge\ndependencies:\n- python\n- pip\n");
}

TEST(CondaDependencies, Everything_IsReadBackEqual) {
  test::TemporaryDirectory const folder;
  CondaDependencies const conda{.channels = {"conda-forge", "https://example.com/channel"},
                                .conda_packages = {"scikit-learn>=1.4", "pip=24", "null", "7zip"},
                                .pip_packages = {"torch==2.3.1", "--pre", "a @ https://x/y.whl", "weird: \"\\name"},
                                .python_version = "3.11",
                                .variables = {{"OMP_NUM_THREADS", "4"}, {"YES", "yes"}}};
  EXPECT_EQ(CondaDependencies::from_file(folder.write("conda.yml", conda.to_yaml())), conda);
}

TEST(CondaDependencies, PythonOfThePackages_ReplacesTheUnpinnedOne) {
  EXPECT_EQ((CondaDependencies{.conda_packages = {"python>=3.9,<3.12"}}).to_yaml(),
            "channels:\n- conda-forge\ndependencies:\n- pip\n- python>=3.9,<3.12\n");
}

TEST(CondaDependencies, FileOfAUser_IsRead) {
  test::TemporaryDirectory const folder;
  auto const file = folder.write("conda.yml",
                                 "name: env\nchannels: [anaconda]\ndependencies:\n  - python=3.10\n  - numpy\n  - "
                                 "pip:\n    - torch\nprefix: /x\n");
  EXPECT_EQ(
      CondaDependencies::from_file(file),
      (CondaDependencies{
          .channels = {"anaconda"}, .conda_packages = {"numpy"}, .pip_packages = {"torch"}, .python_version = "3.10"}));
}

TEST(CondaDependencies, BrokenFiles_SayWhatIsWrongAndWhere) {
  auto const problem_of = [](std::string const& text) -> std::string {
    Faults faults;
    parse_conda(text, "file", faults);
    auto const found = faults.take();
    return found.empty() ? "" : found[0].problem;
  };
  EXPECT_THAT(problem_of("dependencies: [\n"), HasSubstr("not YAML"));
  EXPECT_THAT(problem_of("- numpy\n"), HasSubstr("not a mapping"));
  EXPECT_THAT(problem_of("name: x\n"), HasSubstr("no 'dependencies'"));
  EXPECT_THAT(problem_of("dependencies: [a]\nextras: []\n"), HasSubstr("line 2: 'extras'"));
  EXPECT_THAT(problem_of("dependencies:\n- a\n- npm: [b]\n"), HasSubstr("line 3: only 'pip:'"));
  EXPECT_THAT(problem_of("dependencies: numpy\n"), HasSubstr("not a list"));
  EXPECT_THAT(problem_of("dependencies:\n- pip: torch\n"), HasSubstr("pip is not a list"));
  EXPECT_EQ(problem_of("dependencies: [a]\n"), "");
}

TEST(CondaDependencies, MissingFile_IsNamed) {
  try {
    CondaDependencies::from_file("/nowhere/conda.yml");
    FAIL() << "nothing was thrown";
  } catch (ValidationError const& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/conda.yml"));
  }
}

TEST(Environment, Factories_FillTheirParts) {
  test::TemporaryDirectory const folder;
  auto const conda = Environment::from_conda_specification("e", folder.write("c.yml", "dependencies: [numpy]\n"));
  EXPECT_THAT(conda.conda_dependencies.conda_packages, ElementsAre("numpy"));
  auto const pip = Environment::from_pip_requirements("e", folder.write("r.txt", "torch\n"));
  EXPECT_THAT(pip.conda_dependencies.pip_packages, ElementsAre("torch"));
  auto const image = Environment::from_docker_image("e", "python:3.11");
  EXPECT_EQ(image.docker.base_image, "python:3.11");
  EXPECT_TRUE(image.user_managed_dependencies);
  EXPECT_THROW(Environment::from_pip_requirements("e", folder.write("bad.txt", "-r other\n")), ValidationError);
}

TEST(ReferenceName, Given_Derived_OrOfTheDatastore) {
  EXPECT_EQ(reference_name({.datastore = "ds", .path_on_datastore = "a", .name = "mine"}), "mine");
  EXPECT_EQ(reference_name({.datastore = "ds"}), "ds");
  EXPECT_EQ(reference_name({.datastore = "ds", .path_on_datastore = "./"}), "ds");
  EXPECT_EQ(reference_name({.datastore = "ds", .path_on_datastore = "a/b"}), "ds_c14cddc0");
  EXPECT_EQ(reference_name({.datastore = "ds", .path_on_datastore = "/a//b/"}), "ds_c14cddc0");
}

TEST(PlainText, Utf8WithoutNul_IsTold) {
  EXPECT_TRUE(is_plain_text("größe 日 \U0001F680\n"));
  EXPECT_FALSE(is_plain_text(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_plain_text("\xFF"));
  EXPECT_FALSE(is_plain_text("\xC0\xAF"));
  EXPECT_FALSE(is_plain_text("\xED\xA0\x80"));
  EXPECT_FALSE(is_plain_text("\xE2\x82"));
  EXPECT_FALSE(is_plain_text("\xF4\x90\x80\x80"));
}

}  // namespace
}  // namespace azureml::core
