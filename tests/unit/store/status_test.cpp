#include "engine/store/store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace azureml::engine::store {
namespace {

std::vector<std::string> const kAll{"Starting", "Queued", "Preparing", "Running", "Finalizing", "CancelRequested", "Completed", "Failed",
                                    "Canceled"};

TEST(Status, EveryPair_MatchesTheTable) {
  std::set<std::pair<std::string, std::string>> const refused_from_canceling{
      {"CancelRequested", "Starting"}, {"CancelRequested", "Queued"}, {"CancelRequested", "Preparing"},
      {"CancelRequested", "Running"},  {"CancelRequested", "Finalizing"}};
  for (std::size_t from = 0; from < kAll.size(); ++from) {
    for (std::size_t to = 0; to < kAll.size(); ++to) {
      bool expected = false;
      if (from < 5) expected = to >= 5 || to > from;
      if (from == 5) expected = to > 5;
      EXPECT_EQ(allowed_step(kAll[from], kAll[to]), expected) << kAll[from] << " to " << kAll[to];
      if (refused_from_canceling.contains({kAll[from], kAll[to]})) { EXPECT_FALSE(expected); }
    }
  }
}

TEST(Status, UnknownWords_LeadNowhere) {
  EXPECT_FALSE(allowed_step("Paused", "Running"));
  EXPECT_FALSE(allowed_step("Running", "Paused"));
  EXPECT_FALSE(allowed_step("", "Failed"));
  EXPECT_FALSE(allowed_step("Running", ""));
}

TEST(Status, TerminalOnes_AreThree) {
  EXPECT_EQ(std::count_if(kAll.begin(), kAll.end(), [](auto const& word) { return is_terminal(word); }), 3);
  EXPECT_FALSE(is_terminal("completed"));
}

}  // namespace
}  // namespace azureml::engine::store
