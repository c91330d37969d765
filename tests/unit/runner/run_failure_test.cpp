#include "engine/runner/run_failure.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <csignal>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace azureml::engine::runner {
namespace {

TEST(ScriptError, ExitCode_ReadsAsTheServiceSaysIt) {
  test::TemporaryDirectory directory;
  auto const log = directory.path() / "log";
  test::write_text(log, "line\nTraceback: boom\n");
  auto const error = script_error("python train.py\n--x", 3 << 8, log);
  EXPECT_EQ(error.code, "UserError");
  EXPECT_EQ(error.message,
            "Execution failed. User process 'python train.py --x' exited with status code 3. Please check log file 'user_logs/std_log.txt' for "
            "error details. Error: line\nTraceback: boom");
  EXPECT_EQ(error.exit_code, 3);
  EXPECT_EQ(error.last_output, "line\nTraceback: boom\n");
  EXPECT_TRUE(to_json(error)["signal"].is_null());
}

TEST(ScriptError, Signal_IsNamed) {
  auto const error = script_error("x", SIGKILL, "/nonexistent");
  EXPECT_NE(error.message.find("signal 9 (SIGKILL)"), std::string::npos);
  EXPECT_EQ(error.signal, 9);
  EXPECT_FALSE(error.exit_code.has_value());
}

TEST(TailOf, LongLog_GivesWholeLinesWithinTheBound) {
  test::TemporaryDirectory directory;
  auto const log = directory.path() / "log";
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "line " + std::to_string(i) + "\n";
  test::write_text(log, text);
  auto const tail = tail_of(log);
  EXPECT_LE(tail.size(), kLastOutputMax);
  EXPECT_TRUE(tail.starts_with("line "));
  EXPECT_TRUE(tail.ends_with("line 1999\n"));
}

TEST(TailOf, InvalidUtf8_IsReplacedAndStillWithinTheBound) {
  test::TemporaryDirectory directory;
  auto const log = directory.path() / "log";
  test::write_text(log, std::string(10'000, '\xff'));
  auto const tail = tail_of(log);
  EXPECT_LE(tail.size(), kLastOutputMax);
  EXPECT_NO_THROW((void)nlohmann::json(tail).dump());
  EXPECT_FALSE(tail.empty());
}

}  // namespace
}  // namespace azureml::engine::runner
