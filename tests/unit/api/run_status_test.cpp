#include <azureml/run.hpp>

#include <gtest/gtest.h>

#include <sstream>

namespace azureml {
namespace {

TEST(RunStatus, FromAKnownWord_HasItsStateAndPrintsIt) {
  RunStatus const status("Completed");
  EXPECT_EQ(status, RunState::completed);
  EXPECT_TRUE(status.is_terminal());
  std::ostringstream out;
  out << status;
  EXPECT_EQ(out.str(), "Completed");
}

TEST(RunStatus, FromAWordNewToUs_KeepsItAndIsNotTerminal) {
  RunStatus const status("Hibernating");
  EXPECT_EQ(status, RunState::unknown);
  EXPECT_EQ(status.name(), "Hibernating");
  EXPECT_FALSE(status.is_terminal());
}

TEST(RunStatus, OnlyThreeWords_AreTerminal) {
  for (auto const* word : {"Completed", "Failed", "Canceled"}) EXPECT_TRUE(RunStatus(word).is_terminal()) << word;
  for (auto const* word : {"NotStarted", "Queued", "Starting", "Provisioning", "Preparing", "Running", "Finalizing", "CancelRequested",
                           "NotResponding", "Paused", "Cancelled", "completed", ""})
    EXPECT_FALSE(RunStatus(word).is_terminal()) << word;
}

}  // namespace
}  // namespace azureml
