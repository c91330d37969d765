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

}  // namespace
}  // namespace azureml::api
