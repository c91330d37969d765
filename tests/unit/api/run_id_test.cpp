#include "api/run_id.hpp"

#include <gmock/gmock.h>

namespace azureml::api {
namespace {

using std::chrono::system_clock;

TEST(RunId, OfAnExperiment_IsNameSecondsAndEightHexDigits) {
  EXPECT_THAT(make_run_id("diabetes", system_clock::time_point(std::chrono::seconds(1700000000))),
              testing::MatchesRegex("diabetes_1700000000_[0-9a-f]{8}"));
}

TEST(RunId, OfALongExperiment_StaysWithinTheServicesLimit) {
  auto const id = make_run_id(std::string(255, 'x'), system_clock::time_point(std::chrono::seconds(1700000000)));
  EXPECT_LE(id.size(), 255U);
  EXPECT_EQ(run_id_problem(id), "");
}

TEST(RunId, MadeTwice_Differs) { EXPECT_NE(make_run_id("a", {}), make_run_id("a", {})); }

TEST(RunId, OfTheCaller_IsChecked) {
  EXPECT_EQ(run_id_problem("a-B_9"), "");
  EXPECT_NE(run_id_problem(""), "");
  EXPECT_NE(run_id_problem("-a"), "");
  EXPECT_NE(run_id_problem("a/b"), "");
  EXPECT_NE(run_id_problem("a..b"), "");
  EXPECT_NE(run_id_problem(std::string(256, 'a')), "");
}

TEST(ExperimentName, WithBlanksSlashesOrUmlauts_IsRefused) {
  EXPECT_EQ(experiment_name_problem("svm-1"), "");
  for (auto const* bad : {"", "my exp", "a/b", "\xC3\xA4", "_a", "a\n"}) EXPECT_NE(experiment_name_problem(bad), "") << bad;
}

}  // namespace
}  // namespace azureml::api
