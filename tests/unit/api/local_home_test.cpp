#include "api/local/home.hpp"

#include "api/local/attach.hpp"
#include "support/temporary_directory.hpp"

#include <azureml/error.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

namespace azureml::api {
namespace {

namespace fs = std::filesystem;

/// Sets a variable for one test.
class Variable {
 public:
  Variable(char const* name, char const* value) : name_(name) {
    if (char const* before = std::getenv(name)) before_ = before;
    if (value) ::setenv(name, value, 1);
    else ::unsetenv(name);
  }
  Variable(Variable const&) = delete;
  Variable& operator=(Variable const&) = delete;
  ~Variable() {
    if (before_) ::setenv(name_, before_->c_str(), 1);
    else ::unsetenv(name_);
  }

 private:
  char const* name_;
  std::optional<std::string> before_{};
};

TEST(LocalHome, Given_WinsOverVariableAndDefault) {
  Variable const home("AZUREML_ENGINE_HOME", "/somewhere/else");
  EXPECT_EQ(choose_home("/given", {}), "/given");
  EXPECT_EQ(choose_home({}, {}), "/somewhere/else");
}

TEST(LocalHome, WithoutVariable_IsBelowTheUsersHome) {
  Variable const none("AZUREML_ENGINE_HOME", nullptr);
  Variable const home("HOME", "/tmp/nobody-here");
  EXPECT_EQ(choose_home({}, {}), "/tmp/nobody-here/.azureml/engine");
}

TEST(LocateProgram, Nowhere_NamesThePlacesAndTheRemedy) {
  Variable const none("AZUREML_ENGINE_PROGRAM", nullptr);
  Variable const path("PATH", "/nowhere/bin:/also/nowhere");
  try {
    locate_program({});
    FAIL() << "there is no program";
  } catch (EngineError const& error) {
    std::string const text = error.what();
    EXPECT_NE(text.find("/nowhere/bin"), std::string::npos);
    EXPECT_NE(text.find("/also/nowhere"), std::string::npos);
    EXPECT_NE(text.find("AZUREML_ENGINE_PROGRAM"), std::string::npos);
  }
}

TEST(LocateProgram, InPath_IsFound) {
  test::TemporaryDirectory directory;
  auto const program = directory.write("azureml", "#!/bin/sh\n");
  fs::permissions(program, fs::perms::owner_all);
  Variable const none("AZUREML_ENGINE_PROGRAM", nullptr);
  Variable const path("PATH", directory.path().c_str());
  EXPECT_EQ(locate_program({}), program);
}

TEST(LocateProgram, NamedButNotExecutable_IsAnErrorAndNotSearchedElsewhere) {
  test::TemporaryDirectory directory;
  auto const program = directory.write("azureml", "text");
  fs::permissions(program, fs::perms::owner_read);
  Variable const named("AZUREML_ENGINE_PROGRAM", program.c_str());
  EXPECT_THROW(locate_program({}), EngineError);
}

TEST(Attach, WithoutStarting_SaysThatNoEngineRuns) {
  test::TemporaryDirectory directory;
  EXPECT_THROW(attach({.home = directory.path(), .start = false}, {}), EngineError);
}

TEST(Attach, ToAnEngineThatCannotStart_RepeatsItsReason) {
  test::TemporaryDirectory directory;
  auto const program = directory.write("program", "#!/bin/sh\necho 'azureml: the home is read-only' >&2\nexit 1\n");
  fs::permissions(program, fs::perms::owner_all);
  try {
    attach({.home = directory.path(), .engine_program = program}, {});
    FAIL() << "the engine does not start";
  } catch (EngineError const& error) {
    EXPECT_NE(std::string(error.what()).find("the home is read-only"), std::string::npos);
  }
}

}  // namespace
}  // namespace azureml::api
