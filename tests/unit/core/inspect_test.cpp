#include "core/git_facts.hpp"
#include "core/imports.hpp"
#include "core/tool.hpp"
#include "unit/core/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace azureml::core {
namespace {

using test::ScopedVariable;
using test::TemporaryDirectory;
using testing::Contains;
using testing::IsEmpty;
using testing::Pair;

std::string imports_text(std::string_view python) {
  auto const found = imports_of(python);
  return std::string(found.azureml ? "azureml" : "") + (found.mlflow ? "mlflow" : "");
}

TEST(Imports, EveryFormOfTheStatement_IsSeen) {
  EXPECT_EQ(imports_text("import azureml.core\n"), "azureml");
  EXPECT_EQ(imports_text("from azureml.core import Run"), "azureml");
  EXPECT_EQ(imports_text("import os, mlflow as m\r\n"), "mlflow");
  EXPECT_EQ(imports_text("def f():\n\timport mlflow\n"), "mlflow");
  EXPECT_EQ(imports_text("x = 1; import mlflow; from  azureml  import core"), "azuremlmlflow");
  EXPECT_EQ(imports_text("try: import mlflow\nexcept ImportError: pass"), "mlflow");
}

TEST(Imports, OtherText_IsNotSeen) {
  EXPECT_EQ(imports_text("# import mlflow\nprint('import azureml')\n"), "");
  EXPECT_EQ(imports_text("import mlflow_extras, azureml2\nfrom .mlflow import x\nfrom x import mlflow\n"), "");
  EXPECT_EQ(imports_text("\"\"\"Use it so:\nimport mlflow\n\"\"\"\n"), "");
  EXPECT_EQ(imports_text("'''a\n\"\"\"\nimport mlflow\n'''\nimport azureml\n"), "azureml");
}

Estimator estimator_for(TemporaryDirectory const& folder) {
  return {.source_directory = folder.path(), .compute_target = "local", .entry_script = "train.py"};
}

TEST(Inspect, Folder_GivesPlanTextsAndImports) {
  TemporaryDirectory const folder;
  folder.write("train.py", "import helper\n");
  folder.write("helper.py", "import mlflow\n");
  folder.write("notes.txt", "import azureml\n");
  folder.write("req.txt", "numpy\n");
  auto estimator = estimator_for(folder);
  estimator.pip_requirements_file = "req.txt";
  auto const facts = inspect(estimator);
  EXPECT_EQ(facts.plan.files.size(), 4U);
  EXPECT_EQ(facts.requirements_text, "numpy\n");
  EXPECT_TRUE(facts.imports_mlflow);
  EXPECT_FALSE(facts.imports_azureml);
  EXPECT_THAT(facts.git, IsEmpty());
}

TEST(Inspect, ModuleInTheSnapshot_IsNotMissing) {
  TemporaryDirectory const folder;
  folder.write("train.py", "import mlflow, azureml\n");
  folder.write("mlflow.py", "");
  folder.write("azureml/__init__.py", "");
  auto const facts = inspect(estimator_for(folder));
  EXPECT_FALSE(facts.imports_mlflow);
  EXPECT_FALSE(facts.imports_azureml);
}

TEST(Inspect, UserManagedAndRegistered_AreNotSearched) {
  TemporaryDirectory const folder;
  folder.write("train.py", "import mlflow\n");
  auto estimator = estimator_for(folder);
  estimator.user_managed = true;
  EXPECT_FALSE(inspect(estimator).imports_mlflow);
  estimator.user_managed = false;
  estimator.environment_definition = Environment{.name = "registered"};
  EXPECT_FALSE(inspect(estimator).imports_mlflow);
  estimator.environment_definition->docker.base_image = "a:1";
  EXPECT_TRUE(inspect(estimator).imports_mlflow);
}

TEST(Inspect, StopRequested_Throws) {
  TemporaryDirectory const folder;
  folder.write("train.py", "");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(inspect(estimator_for(folder), {}, stop.get_token()), StoppedError);
}

class GitFacts : public testing::Test {
 protected:
  void git(std::vector<std::string> arguments) const {
    std::vector<std::string> command{"git",         "-C", folder_.path().string(),   "-c",
                                     "user.name=t", "-c", "user.email=t@example.com"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    test::output_of(command);
  }
  void SetUp() override {
    git({"init", "-q", "-b", "topic"});
    folder_.write("sub/train.py", "");
    git({"add", "."});
    git({"commit", "-q", "-m", "one"});
    git({"remote", "add", "origin", "https://example.com/me/project"});
  }
  TemporaryDirectory folder_{};
};

TEST_F(GitFacts, Repository_IsDescribed) {
  auto const commit = test::output_of({"git", "-C", folder_.path().string(), "rev-parse", "HEAD"}).substr(0, 40);
  EXPECT_EQ(git_facts(folder_.path() / "sub", {}),
            (std::map<std::string, std::string>{{"azureml.git.branch", "topic"},
                                                {"azureml.git.commit", commit},
                                                {"azureml.git.dirty", "False"},
                                                {"azureml.git.repository_uri", "https://example.com/me/project"},
                                                {"mlflow.source.git.branch", "topic"},
                                                {"mlflow.source.git.commit", commit},
                                                {"mlflow.source.git.repoURL", "https://example.com/me/project"}}));
}

TEST_F(GitFacts, ChangeBelowTheFolder_IsDirty) {
  folder_.write("elsewhere.txt", "x");
  EXPECT_THAT(git_facts(folder_.path() / "sub", {}), Contains(Pair("azureml.git.dirty", "False")));
  folder_.write("sub/new.txt", "x");
  EXPECT_THAT(git_facts(folder_.path() / "sub", {}), Contains(Pair("azureml.git.dirty", "True")));
}

TEST_F(GitFacts, DetachedHeadWithoutRemote_LeavesThoseOut) {
  git({"checkout", "-q", "--detach"});
  git({"remote", "remove", "origin"});
  auto const facts = git_facts(folder_.path(), {});
  EXPECT_EQ(facts.count("azureml.git.branch"), 0U);
  EXPECT_EQ(facts.count("azureml.git.repository_uri"), 0U);
  EXPECT_EQ(facts.count("azureml.git.commit"), 1U);
}

TEST_F(GitFacts, TokenInTheAddress_LeavesEverythingOut) {
  git({"remote", "set-url", "origin", "https://me:hunter2@example.com/me/project"});
  EXPECT_THAT(git_facts(folder_.path(), {}), IsEmpty());
}

TEST_F(GitFacts, Variables_WinOverGit) {
  ScopedVariable const branch("AZUREML_GIT_BRANCH", "release");
  ScopedVariable const build("AZUREML_GIT_BUILD_ID", "77");
  auto const facts = git_facts(folder_.path(), {});
  EXPECT_THAT(facts, Contains(Pair("azureml.git.branch", "release")));
  EXPECT_THAT(facts, Contains(Pair("mlflow.source.git.branch", "release")));
  EXPECT_THAT(facts, Contains(Pair("azureml.git.build_id", "77")));
}

TEST_F(GitFacts, NoGitInPath_IsNoError) {
  ScopedVariable const path("PATH", "/nowhere");
  EXPECT_THAT(git_facts(folder_.path(), {}), IsEmpty());
}

TEST(RunTool, MissingProgram_IsTold) {
  EXPECT_FALSE(run_tool({"azureml-no-such-program"}, {}).started);
}

TEST(RunTool, ExitCodeAndOutput_AreTold) {
  auto const good = run_tool({"sh", "-c", "echo $GREETING; echo noise >&2; cat"}, {"GREETING=hello"});
  EXPECT_TRUE(good.succeeded);
  EXPECT_EQ(good.output, "hello\n");
  EXPECT_FALSE(run_tool({"sh", "-c", "exit 3"}, {}).succeeded);
}

TEST(RunTool, EndlessProgram_IsEndedWithItsChildren) {
  TemporaryDirectory const folder;
  auto const start = std::chrono::steady_clock::now();
  auto const pid_file = (folder.path() / "pid").string();
  auto const result = run_tool({"sh", "-c", "sleep 600 & echo $! > " + pid_file + "; wait"}, {},
                               {.time = std::chrono::milliseconds(200)});
  EXPECT_TRUE(result.started);
  EXPECT_FALSE(result.succeeded);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
  // The signal has been sent; the kernel may need a moment to end the child.
  auto const child = "/proc/" + test::read_text(pid_file).substr(0, test::read_text(pid_file).find('\n')) + "/stat";
  auto const ended = [&] {
    auto const state = test::read_text(child);
    return state.empty() || state.find(") Z") != std::string::npos;
  };
  for (int i = 0; i < 6000 && !ended(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(ended());
}

TEST(RunTool, EndlessOutput_IsCut) {
  auto const result = run_tool({"sh", "-c", "while :; do echo y; done"}, {}, {.output = 1000});
  EXPECT_TRUE(result.cut);
  EXPECT_EQ(result.output.size(), 1000U);
}

TEST(RunTool, Stop_EndsItAtOnce) {
  std::stop_source stop;
  std::jthread const stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(run_tool({"sleep", "600"}, {}, {.time = std::chrono::seconds(600)}, stop.get_token()).succeeded);
}

}  // namespace
}  // namespace azureml::core
