// What users get wrong, or machines: one clear error each (docs/errors.md lists them).
#include "integration/engine_fixture.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace azureml::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class BadInput : public EngineTest {
 protected:
  /// The faults that submitting gives, as `field: problem` lines.
  std::string faults_of(Estimator const& estimator) const {
    try {
      attach().experiment("bad").submit(estimator);
    } catch (ValidationError const& error) {
      std::string text;
      for (auto const& fault : error.faults()) text += fault.field + ": " + fault.problem + " | " + fault.remedy + "\n";
      return text;
    }
    return "no ValidationError";
  }

  struct Output {
    int status = -1;
    std::string text{};
  };
  static Output shell(std::string const& command) {
    Output output;
    std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
    char buffer[1024];
    while (std::size_t const got = std::fread(buffer, 1, sizeof buffer, pipe)) output.text.append(buffer, got);
    int const status = ::pclose(pipe);
    output.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    return output;
  }
  [[nodiscard]] std::string serve() const { return std::string(AZUREML_PROGRAM) + " engine serve --home '" + home().string() + "'"; }

  RunFailure failure_of(Estimator const& estimator) const {
    auto const run = attach().experiment("bad").submit(estimator);
    try {
      run.wait_for_completion();
    } catch (RunFailedError const& error) {
      EXPECT_EQ(error.run_id(), run.id());
      EXPECT_EQ(run.get_details().error, error.failure());
      return error.failure();
    }
    return {.message = "did not fail"};
  }
};

TEST_F(BadInput, MissingEntryScript_NamesIt) {
  auto estimator = script("pass\n");
  estimator.entry_script = "trian.py";
  EXPECT_THAT(faults_of(estimator), AllOf(HasSubstr("entry_script: "), HasSubstr("trian.py")));
}

TEST_F(BadInput, FolderAsScript_SaysSo) {
  auto estimator = script("pass\n");
  write("source/sub/x.py", "");
  estimator.entry_script = "sub";
  EXPECT_THAT(faults_of(estimator), AllOf(HasSubstr("entry_script: "), HasSubstr("folder")));
}

TEST_F(BadInput, EmptyFolder_SaysSo) {
  fs::create_directories(path("empty"));
  EXPECT_THAT(faults_of({.source_directory = path("empty"), .compute_target = "local", .entry_script = "train.py"}), HasSubstr("empty"));
}

TEST_F(BadInput, UnreadableFile_IsNamed) {
  auto const estimator = script("pass\n");
  auto const secret = write("source/locked.bin", "x");
  fs::permissions(secret, fs::perms::none);
  // Root may read everything, so somebody else looks.
  for (auto const& folder : {path(""), source()}) fs::permissions(folder, fs::perms(0755));
  auto const child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(9);
    bool named = false;
    for (auto const& fault : validate(estimator)) named |= (fault.field + fault.problem).find("locked.bin") != std::string::npos;
    ::_exit(named ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(BadInput, UnknownCompute_IsRefusedByTheServiceByName) {
  auto estimator = script("pass\n");
  estimator.compute_target = "no-such-cluster";
  try {
    attach().experiment("bad").submit(estimator);
    FAIL() << "there is no such compute";
  } catch (ServiceError const& error) {
    EXPECT_EQ(error.status(), 400);
    EXPECT_EQ(error.inner_code(), "UnknownTargetType");
    EXPECT_THAT(error.what(), HasSubstr("no-such-cluster"));
  }
}

TEST_F(BadInput, ParametersThatComeLater_AreRefusedByName) {
  auto const workspace = attach();
  auto const expect_refused = [&](Estimator const& estimator, std::string const& word) {
    try {
      workspace.experiment("bad").submit(estimator);
      ADD_FAILURE() << word << " was accepted";
    } catch (ServiceError const& error) {
      EXPECT_EQ(error.status(), 400) << word;
      EXPECT_THAT(error.what(), HasSubstr(word));
    }
  };
  auto const plain = script("pass\n");
  auto estimator = plain;
  estimator.node_count = 2;
  estimator.distributed_backend = "mpi";
  expect_refused(estimator, "node_count");
  estimator = plain;
  estimator.custom_docker_image = "debian:12";
  expect_refused(estimator, "docker");
  estimator = plain;
  estimator.use_gpu = true;
  expect_refused(estimator, "use_gpu");
  estimator = plain;
  estimator.script_params = {{"--data", DataReference{.datastore = "absent"}.as_mount()}};
  expect_refused(estimator, "datastore 'absent', which does not exist");
  estimator = plain;
  estimator.outputs = {{"model", {.address = "azureml://datastores/workspaceartifactstore/paths/x"}}};
  expect_refused(estimator, "(outputs.model)");
  estimator = plain;
  estimator.shm_size = "4g";
  expect_refused(estimator, "shm_size");
  EXPECT_FALSE(workspace.get_runs().first());
}

TEST_F(BadInput, PortTaken_IsNamed) {
  attach();  // takes a port
  auto const taken = std::to_string(engine_port());
  auto const output = shell(std::string(AZUREML_PROGRAM) + " engine serve --home '" + path("other").string() + "' --port " + taken);
  EXPECT_EQ(output.status, 1) << output.text;
  EXPECT_THAT(output.text, HasSubstr(taken));
  EXPECT_EQ(std::count(output.text.begin(), output.text.end(), '\n'), 1) << output.text;
}

TEST_F(BadInput, ReadOnlyHome_SaysSo) {
  auto const command = ::geteuid() == 0 ? "unshare -m sh -c \"mount --bind '" + home().string() + "' '" + home().string() + "' && mount -o remount,bind,ro '" + home().string() + "' && exec " + serve() + "\""
                                        : "chmod 500 '" + home().string() + "'; " + serve();
  auto const output = shell(command);
  EXPECT_EQ(output.status, 1) << output.text;
  EXPECT_THAT(output.text, AllOf(HasSubstr(home().string()), testing::AnyOf(HasSubstr("ead-only"), HasSubstr("denied"))));
}

TEST_F(BadInput, HomeOfANewerStore_IsRefusedAndLeftAsItIs) {
  auto const database = home() / "store.db";
  attach();
  ASSERT_EQ(shell(std::string(AZUREML_PROGRAM) + " engine stop --home '" + home().string() + "'").status, 0);
  ASSERT_EQ(shell("python3 -c \"import sqlite3; c = sqlite3.connect('" + database.string() + "'); c.execute('pragma user_version = 9999'); c.commit()\"").status, 0);
  auto const output = shell(serve());
  EXPECT_EQ(output.status, 1) << output.text;
  EXPECT_THAT(output.text, AllOf(HasSubstr("9999"), HasSubstr(database.string())));
  try {
    attach();
    FAIL() << "the store is newer";
  } catch (EngineError const& error) {
    EXPECT_THAT(error.what(), HasSubstr("9999"));
  }
}

TEST_F(BadInput, MissingProgram_NamesWhereWasLooked) {
  try {
    Workspace::local({.home = home(), .engine_program = path("no-program")});
    FAIL() << "there is no program";
  } catch (EngineError const& error) {
    EXPECT_THAT(error.what(), HasSubstr("no-program"));
  }
}

TEST_F(BadInput, PackageThatDoesNotExist_FailsInTheEnvironmentByName) {
  ::setenv("PIP_NO_INDEX", "1", 1);  // no question leaves this machine
  ::setenv("UV_NO_INDEX", "1", 1);
  auto estimator = script("pass\n");
  estimator.pip_packages = {"azureml-cpp-no-such-package"};
  auto const failure = failure_of(estimator);
  ::unsetenv("PIP_NO_INDEX");
  ::unsetenv("UV_NO_INDEX");
  EXPECT_EQ(failure.phase, "environment");
  EXPECT_THAT(failure.message, HasSubstr("azureml-cpp-no-such-package"));
}

TEST_F(BadInput, CondaPackageThatNobodyKnows_FailsBeforeAnythingIsInstalled) {
  auto estimator = script("pass\n");
  estimator.conda_packages = {"some-unknown-name"};
  auto const failure = failure_of(estimator);
  EXPECT_EQ(failure.phase, "environment");
  EXPECT_THAT(failure.message, HasSubstr("some-unknown-name"));
}

TEST_F(BadInput, ScriptThatExits3_TellsItsCodeAndItsLastWords) {
  auto const failure = failure_of(script("import sys\nprint('going wrong')\nsys.exit(3)\n"));
  EXPECT_EQ(failure.code, "UserError");
  EXPECT_EQ(failure.phase, "script");
  EXPECT_EQ(failure.exit_code, 3);
  EXPECT_THAT(failure.message, HasSubstr("exited with status code 3"));
  EXPECT_THAT(failure.last_output, HasSubstr("going wrong"));
}

TEST_F(BadInput, ScriptKilledByASignal_TellsTheSignal) {
  auto const failure = failure_of(script("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"));
  EXPECT_EQ(failure.phase, "script");
  EXPECT_TRUE(failure.signal == SIGSEGV || failure.exit_code == 128 + SIGSEGV);
  EXPECT_THAT(failure.message, testing::AnyOf(HasSubstr("SIGSEGV"), HasSubstr("signal 11"), HasSubstr("Segmentation")));
}

TEST_F(BadInput, FileThatTheRunDoesNotHave_ListsThoseItHas) {
  auto const run = attach().experiment("bad").submit(script("open('outputs/model.pkl', 'w')\n"));
  run.wait_for_completion();
  try {
    run.download_file("outputs/modell.pkl", path("x"));
    FAIL() << "there is no such file";
  } catch (NotFoundError const& error) {
    EXPECT_THAT(error.available(), testing::Contains("outputs/model.pkl"));
    EXPECT_THAT(error.what(), HasSubstr("outputs/model.pkl"));
  }
  EXPECT_FALSE(fs::exists(path("x")));
}

}  // namespace
}  // namespace azureml::test
