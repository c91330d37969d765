#include "cli/command.hpp"

#include <gtest/gtest.h>

namespace azureml::cli {
namespace {

TEST(TagCommand, TagGivenTwice_IsAFaultBeforeAnyWorkspaceIsOpened) {
  EXPECT_THROW(run_tag({.command = "tag", .words = {"run_1", "a=1", "a"}}), UsageError);
}

TEST(TagCommand, TagToSetAndToRemove_IsAFault) {
  EXPECT_THROW(run_tag({.command = "tag", .words = {"run_1", "a=1", "--remove", "a"}}), UsageError);
}

TEST(RunsCommand, ChildrenOfAWorkspace_AreAFault) {
  EXPECT_THROW(run_runs({.command = "runs", .words = {"--children"}}), UsageError);
}

}  // namespace
}  // namespace azureml::cli
