#include "api/log_choice.hpp"

#include <gmock/gmock.h>

namespace azureml::api {
namespace {

using testing::ElementsAre;

TEST(LogChoice, UserLog_IsThatOfTheFirstProcess) {
  for (auto const* name : {"user_logs/std_log.txt", "user_logs/std_log_process_0.txt", "user_logs/std_log_process_00.txt", "user_logs/std_log_0_ps.txt"})
    EXPECT_TRUE(is_user_log(name)) << name;
  for (auto const* name : {"user_logs/std_log_process_1.txt", "user_logs/std_log_process_10.txt", "user_logs/other.txt", "logs/std_log.txt", "x/user_logs/std_log.txt"})
    EXPECT_FALSE(is_user_log(name)) << name;
}

TEST(LogChoice, StepLog_HasTwoDigitsFirst) {
  EXPECT_TRUE(is_step_log("azureml-logs/20_image_build_log.txt"));
  EXPECT_FALSE(is_step_log("azureml-logs/process_info.json"));
  EXPECT_FALSE(is_step_log("azureml-logs/hyperdrive.txt"));
}

TEST(LogChoice, WithSteps_ComesInTheOrderOfWriting) {
  EXPECT_THAT(choose_logs({{"user_logs/std_log.txt", ""}, {"azureml-logs/65_job_prep.txt", ""}, {"azureml-logs/20_image_build_log.txt", ""}}, true),
              ElementsAre("azureml-logs/20_image_build_log.txt", "azureml-logs/65_job_prep.txt", "user_logs/std_log.txt"));
}

TEST(LogChoice, WithoutSteps_IsTheUsersLogAlone) {
  EXPECT_THAT(choose_logs({{"user_logs/std_log.txt", ""}, {"azureml-logs/20_image_build_log.txt", ""}}, false), ElementsAre("user_logs/std_log.txt"));
}

TEST(LogChoice, WithoutSteps_LeavesTheBuildLogOutEvenWhenItIsAllThereIs) {
  EXPECT_TRUE(choose_logs({{"azureml-logs/20_image_build_log.txt", ""}}, false).empty());
}

TEST(LogChoice, OnTheOlderLayout_FallsBackToTheDriversLog) {
  EXPECT_THAT(choose_logs({{"azureml-logs/20_image_build_log.txt", ""}, {"azureml-logs/70_driver_log.txt", ""}}, false), ElementsAre("azureml-logs/70_driver_log.txt"));
}

TEST(LogChoice, RankOfALog_IsTheNumberOfItsProcess) {
  EXPECT_EQ(rank_of_log("user_logs/std_log.txt"), 0);
  EXPECT_EQ(rank_of_log("user_logs/std_log_process_0.txt"), 0);
  EXPECT_EQ(rank_of_log("user_logs/std_log_process_007.txt"), 7);
  EXPECT_EQ(rank_of_log("user_logs/std_log_12_ps.txt"), 12);
  for (auto const* name : {"user_logs/other.txt", "user_logs/std_log_1_of_2.txt", "azureml-logs/70_driver_log.txt",
                           "user_logs/std_log_process_99999999999999.txt", "logs/a.txt", "user_logs/std_log"})
    EXPECT_EQ(rank_of_log(name), std::nullopt) << name;
}

TEST(LogChoice, WishedFor_ComesByRankOrInTheOrderOfTheFiles) {
  std::map<std::string, std::string> const files{
      {"user_logs/std_log_process_10.txt", ""}, {"user_logs/std_log_process_2.txt", ""}, {"user_logs/std_log_process_0.txt", ""}, {"logs/a.txt", ""}};
  EXPECT_THAT(choose_logs(files, LogWish{.all_ranks = true}),
              ElementsAre("user_logs/std_log_process_0.txt", "user_logs/std_log_process_2.txt", "user_logs/std_log_process_10.txt"));
  EXPECT_THAT(choose_logs(files, LogWish{.ranks = {10, 2, 77}}), ElementsAre("user_logs/std_log_process_2.txt", "user_logs/std_log_process_10.txt"));
  EXPECT_THAT(choose_logs(files, LogWish{.files = {"user_logs/std_log_process_2.txt", "not there", "logs/a.txt"}}),
              ElementsAre("user_logs/std_log_process_2.txt", "logs/a.txt"));
}

}  // namespace
}  // namespace azureml::api
