#include "cli/doctor_checks.hpp"

#include <gmock/gmock.h>

#include <map>

using namespace azureml::cli;
using azureml::engine::front::EngineStatus;
using azureml::engine::front::HomeFacts;
using testing::HasSubstr;
using Level = Finding::Level;

namespace {

HomeFacts a_home() {
  return {.path = "/h", .exists = true, .is_directory = true, .is_writable = true, .owner = 7, .mode = 0700, .free_bytes = 5ULL << 30};
}

std::vector<Finding> proxy(std::map<std::string, std::string> const& variables) {
  return judge_proxy([&](std::string const& name) {
    auto const found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  });
}

}  // namespace

TEST(JudgeHome, PrivateLocalHome_IsWell) { EXPECT_EQ(judge_home(a_home(), 7).level, Level::ok); }

TEST(JudgeHome, EachFault_IsAnErrorWithARemedy) {
  auto const judged = [](auto const& change) {
    auto home = a_home();
    change(home);
    return judge_home(home, 7);
  };
  for (auto const& finding : {judged([](HomeFacts& home) { home.network = "NFS"; }), judged([](HomeFacts& home) { home.owner = 8; }),
                              judged([](HomeFacts& home) { home.mode = 0750; }), judged([](HomeFacts& home) { home.is_directory = false; }),
                              judged([](HomeFacts& home) { home.is_writable = false; }),
                              judged([](HomeFacts& home) { home.exists = home.is_writable = false; })}) {
    EXPECT_EQ(finding.level, Level::error) << finding.message;
    EXPECT_NE(finding.remedy, "") << finding.message;
  }
  EXPECT_EQ(judged([](HomeFacts& home) { home.mode = 0755, home.is_empty = true; }).level, Level::ok);  // the engine closes it itself
  EXPECT_EQ(judged([](HomeFacts& home) { home.exists = false; }).level, Level::ok);
}

TEST(JudgeSpace, LessThanAGibibyte_IsAnError) {
  auto home = a_home();
  EXPECT_EQ(judge_space(home).level, Level::ok);
  home.free_bytes = (1ULL << 30) - 1;
  EXPECT_EQ(judge_space(home).level, Level::error);
}

TEST(JudgeEngine, States_HaveTheirLevels) {
  EXPECT_EQ(judge_engine({}, "1.0", "/h").level, Level::ok);
  EngineStatus status{.state = EngineStatus::State::running, .pid = 3, .version = "1.0"};
  EXPECT_EQ(judge_engine(status, "1.0", "/h").level, Level::ok);
  auto const other = judge_engine(status, "1.1", "/h");
  EXPECT_EQ(other.level, Level::warning);
  EXPECT_THAT(other.remedy, HasSubstr("azureml engine stop --home /h"));
  status.state = EngineStatus::State::unresponsive;
  EXPECT_EQ(judge_engine(status, "1.0", "/h").level, Level::error);
}

TEST(JudgeInstallers, OneOfTheTwo_IsEnough) {
  ToolFacts const there{.is_found = true, .answered = true, .version = "1"}, absent{}, broken{.is_found = true};
  auto const levels = [](std::vector<Finding> const& findings) { return std::pair(findings.at(0).level, findings.at(1).level); };
  EXPECT_EQ(levels(judge_installers(there, there)), std::pair(Level::ok, Level::ok));
  EXPECT_EQ(levels(judge_installers(there, absent)), std::pair(Level::ok, Level::ok));
  EXPECT_EQ(levels(judge_installers(absent, there)), std::pair(Level::warning, Level::ok));
  EXPECT_EQ(levels(judge_installers(absent, absent)), std::pair(Level::error, Level::error));
  EXPECT_EQ(levels(judge_installers(broken, absent)), std::pair(Level::warning, Level::ok));
}

TEST(JudgeProxy, LoopbackLeftOut_IsNoWarning) {
  EXPECT_EQ(proxy({}).front().level, Level::ok);
  EXPECT_EQ(proxy({{"HTTP_PROXY", "http://p:1"}}).front().level, Level::warning);
  EXPECT_EQ(proxy({{"HTTP_PROXY", "http://p:1"}, {"NO_PROXY", "a, 127.0.0.1"}}).front().level, Level::ok);
  EXPECT_EQ(proxy({{"HTTP_PROXY", "http://p:1"}, {"no_proxy", "*"}}).front().level, Level::ok);
  EXPECT_EQ(proxy({{"http_proxy", "http://u:w@p:1"}}).front().message.find("w@"), std::string::npos);
  EXPECT_EQ(proxy({{"http_proxy", "u:w@p:1"}}).front().message.find("w@"), std::string::npos);
}

TEST(JudgeClock, FilesOfTheFuture_AreAWarning) {
  std::chrono::system_clock::time_point const now{std::chrono::hours(480'000)};
  EXPECT_EQ(judge_clock(now, now + std::chrono::minutes(1)).level, Level::ok);
  EXPECT_EQ(judge_clock(now, now + std::chrono::hours(1)).level, Level::warning);
  EXPECT_EQ(judge_clock(now, std::chrono::system_clock::time_point::min()).level, Level::ok);
}
