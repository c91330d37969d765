#include "engine/runner/environments.hpp"
#include "engine/runner/run_failure.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <utime.h>

#include <ctime>

#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;

/// A python that is a shell script: it answers what a build asks, and its calls are written down.
struct EnvironmentTest : ::testing::Test {
  EnvironmentTest() {
    auto const python = directory.path() / "tools/python";
    test::write_text(python, R"(#!/bin/sh
echo "$@" >> ')" + calls.string() + R"('
case "$*" in
  *venv*) for last; do :; done; mkdir -p "$last/bin"; cp "$0" "$last/bin/python";;
  *python_version*) echo 3.11.2;;
  *"pip freeze"*) echo frozen==1.0;;
  *"pip install"*) if [ -e ')" + (directory.path() / "broken").string() + R"(' ]; then echo "Looking"; echo "ERROR: No matching distribution found for nope"; exit 1; fi;;
esac
)");
    fs::permissions(python, fs::perms::owner_all);
    request = {.environments = directory.path() / "environments",
               .python = python.string(),
               .has_conda_file = true,
               .conda_file = "dependencies: [pip: [\"a==1\"]]",
               .build_log = directory.path() / "logs/build.txt",
               .host_environment = {"PATH=/usr/bin:/bin", "PIP_CONFIG_FILE=/dev/null"}};
    host = {.run_tool =
                [](SpawnRequest const& tool) {
                  int status = -1;
                  ::waitpid(spawn(tool), &status, 0);
                  return status;
                },
            .wait_for_lock = [](int fd, int operation) { ASSERT_EQ(::flock(fd, operation | LOCK_NB), 0); }};
  }
  test::TemporaryDirectory directory{};
  fs::path calls = directory.path() / "calls";
  EnvironmentRequest request{};
  EnvironmentHost host{};
  [[nodiscard]] int times(std::string const& what) const {
    int count = 0;
    auto const text = test::read_text(calls);
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
    return count;
  }
};

TEST_F(EnvironmentTest, SecondUse_FindsWhatTheFirstBuilt) {
  auto const first = prepare_environment(request, host);
  EXPECT_TRUE(first.built);
  EXPECT_EQ(first.bin, request.environments / first.key / "bin");
  EXPECT_NE(test::read_text(request.environments / first.key / "complete.json").find("frozen==1.0"), std::string::npos);
  auto const second = prepare_environment(request, host);
  EXPECT_FALSE(second.built);
  EXPECT_EQ(second.key, first.key);
  EXPECT_EQ(times("pip install"), 1);
}

TEST_F(EnvironmentTest, InterruptedBuild_IsThrownAwayAndBuiltAnew) {
  auto const key = prepare_environment(request, host).key;
  fs::remove(request.environments / key / "complete.json");
  test::write_text(request.environments / key / "leftover", "x");
  EXPECT_TRUE(prepare_environment(request, host).built);
  EXPECT_FALSE(fs::exists(request.environments / key / "leftover"));
}

TEST_F(EnvironmentTest, FailedBuild_SaysTheFirstErrorLineAndLeavesNothingComplete) {
  test::write_text(directory.path() / "broken", "");
  try {
    prepare_environment(request, host);
    FAIL();
  } catch (RunFailure const& failure) {
    EXPECT_EQ(failure.error().code, "EnvironmentBuildFailed");
    EXPECT_EQ(failure.error().phase, "environment");
    EXPECT_NE(failure.error().message.find("ERROR: No matching distribution found for nope"), std::string::npos);
  }
  EXPECT_NE(test::read_text(request.build_log).find("Looking"), std::string::npos);
  fs::remove(directory.path() / "broken");
  EXPECT_TRUE(prepare_environment(request, host).built);
}

TEST_F(EnvironmentTest, UnpinnedEnvironment_IsRefreshedAfterAWeekUnlessInUse) {
  request.conda_file = "dependencies: [pip: [a]]";
  auto first = prepare_environment(request, host);
  auto const old = std::time(nullptr) - 8 * 24 * 3600;
  struct utimbuf const times_of_file { old, old };
  auto const complete = request.environments / first.key / "complete.json";
  ::utime(complete.c_str(), &times_of_file);
  EXPECT_FALSE(prepare_environment(request, host).built) << "a run is using it";
  first.in_use.reset();
  EXPECT_TRUE(prepare_environment(request, host).built);
}

TEST_F(EnvironmentTest, PinnedEnvironment_IsNeverRefreshed) {
  auto const key = prepare_environment(request, host).key;
  struct utimbuf const times_of_file { 1000, 1000 };
  ::utime((request.environments / key / "complete.json").c_str(), &times_of_file);
  EXPECT_FALSE(prepare_environment(request, host).built);
}

TEST_F(EnvironmentTest, WithoutCondaFile_ThePythonIsTheConfiguredOne) {
  request.has_conda_file = false;
  auto const environment = prepare_environment(request, host);
  EXPECT_NE(test::read_text(environment.bin / "python").find(request.python), std::string::npos);
  EXPECT_NE(test::read_text(environment.bin / "pip").find("-m pip"), std::string::npos);
  EXPECT_EQ(times("venv"), 0);
}

TEST_F(EnvironmentTest, OtherPythonThanConfigured_IsAnErrorNamingBoth) {
  request.conda_file = "dependencies: [python=3.7]";
  try {
    prepare_environment(request, host);
    FAIL();
  } catch (RunFailure const& failure) {
    EXPECT_EQ(failure.error().code, "EnvironmentPythonMissing");
    EXPECT_NE(failure.error().message.find("3.7"), std::string::npos);
    EXPECT_NE(failure.error().message.find("3.11.2"), std::string::npos);
  }
  request.conda_file = "dependencies: [python=3.11]";
  EXPECT_TRUE(prepare_environment(request, host).built);
}

TEST_F(EnvironmentTest, MissingPython_IsNamed) {
  request.python = "/nonexistent/python";
  EXPECT_THROW(prepare_environment(request, host), RunFailure);
}

TEST_F(EnvironmentTest, Key_DependsOnWhatMattersAndNothingElse) {
  auto const key = [&](std::vector<std::string> lines) { return environment_key({.requirements = std::move(lines)}, request, "pip"); };
  EXPECT_EQ(key({"Scikit_Learn == 1.0", "b"}), key({"b", "scikit-learn==1.0", "b"}));
  EXPECT_NE(key({"a==1"}), key({"a==2"}));
  EXPECT_NE(key({"a"}), environment_key({.requirements = {"a"}}, request, "uv"));
  EXPECT_NE(key({"a"}), environment_key({.requirements = {"a"}, .python = "==3.8.*"}, request, "pip"));
  auto const before = key({"a"});
  auto const before_empty = key({});
  request.host_environment.emplace_back("PIP_INDEX_URL=https://other.example");
  EXPECT_NE(key({"a"}), before);
  EXPECT_EQ(key({}), before_empty);  // nothing is fetched for it
}

TEST(FirstErrorLine, LogsOfPipAndUv_GiveTheCause) {
  EXPECT_EQ(first_error_line("a\nERROR: no x\nERROR: more\n"), "ERROR: no x");
  EXPECT_EQ(first_error_line("Resolved\n  × No solution found:\n  ╰─▶ Because nope was not found\n      we conclude\n\nhint"),
            "× No solution found: ╰─▶ Because nope was not found we conclude");
  EXPECT_EQ(first_error_line("error: No solution found\n  cause: Because nope was not found\nother\n"),
            "error: No solution found cause: Because nope was not found");
  EXPECT_EQ(first_error_line("all is well\n"), "");
}

}  // namespace
}  // namespace azureml::engine::runner
