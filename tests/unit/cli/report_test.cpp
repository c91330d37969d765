#include "cli/command.hpp"
#include "cli/report.hpp"
#include "cli/run_json.hpp"
#include "cli/terminal.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

using namespace azureml;
using namespace azureml::cli;

TEST(ExitCode, TerminalStates_HaveTheirNumbers) {
  EXPECT_EQ(exit_code(RunStatus("Completed")), 0);
  EXPECT_EQ(exit_code(RunStatus("Failed")), 3);
  EXPECT_EQ(exit_code(RunStatus("Canceled")), 4);
}

TEST(ExitCode, Exceptions_HaveTheirNumbers) {
  auto const code_of = [](auto const& exception) {
    try {
      throw exception;
    } catch (...) {
      return report_current_exception("submit");
    }
  };
  testing::internal::CaptureStderr();
  EXPECT_EQ(code_of(UsageError("wrong")), 2);
  EXPECT_EQ(code_of(ValidationError("fault")), 2);
  EXPECT_EQ(code_of(ServiceError("409")), 1);
  EXPECT_EQ(code_of(RunFailedError("failed")), 3);
  EXPECT_EQ(code_of(RunCanceledError("canceled")), 4);
  EXPECT_EQ(code_of(std::runtime_error("a\x1b[31mb")), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "azureml: wrong\nazureml: fault\nazureml: 409\nazureml: failed\nazureml: canceled\nazureml: a?[31mb\n");
}

TEST(DescribeFailure, Failure_NamesPhaseMessageAndRank) {
  RunDetails details{.run_id = "r"};
  EXPECT_EQ(describe_failure(details), "run 'r' failed; the service gave no reason");
  details.error = RunFailure{.code = "UserError", .message = "exit code 7", .phase = "script", .rank = 2};
  EXPECT_EQ(describe_failure(details), "run 'r' failed in script: exit code 7 (rank 2)");
  details.error->message.clear();
  EXPECT_THAT(describe_failure(details), testing::HasSubstr("UserError"));
}

TEST(RunJson, Details_AreWholeAndWithoutSignatures) {
  using namespace std::chrono;
  RunDetails details{.run_id = "r", .experiment_name = "e", .target = "local", .status = RunStatus("Failed")};
  details.start_time_utc = system_clock::time_point(1'700'000'000s);
  details.error = RunFailure{.code = "C", .message = "bad \xff byte", .exit_code = 3};
  details.tags = {{"k", "v"}};
  details.log_files = {{"user_logs/std_log.txt", "http://x/?sig=secret"}};
  details.run_definition = R"({"script":"train.py"})";
  auto const text = to_json_text(details);
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("secret")));
  auto const record = nlohmann::json::parse(text);
  EXPECT_EQ(record["run_id"], "r");
  EXPECT_EQ(record["status"], "Failed");
  EXPECT_EQ(record["start_time_utc"], "2023-11-14T22:13:20.000000Z");
  EXPECT_TRUE(record["end_time_utc"].is_null());
  EXPECT_EQ(record["error"]["exit_code"], 3);
  EXPECT_TRUE(record["error"]["signal"].is_null());
  EXPECT_EQ(record["tags"]["k"], "v");
  EXPECT_EQ(record["log_files"], nlohmann::json::array({"user_logs/std_log.txt"}));
  EXPECT_EQ(record["run_definition"]["script"], "train.py");
  details.run_definition = "not json";
  EXPECT_TRUE(nlohmann::json::parse(to_json_text(details))["run_definition"].is_null());
}

TEST(RunJson, PlaceAndNames_AreMembers) {
  using namespace std::chrono;
  RunDetails details{.run_id = "r", .status = RunStatus("Queued"), .queue_position = 2, .queue_length = 5};
  auto record = nlohmann::json::parse(to_json_text(details));
  EXPECT_EQ(record["queue_position"], 2);
  EXPECT_EQ(record["queue_length"], 5);
  EXPECT_FALSE(record.contains("display_name"));
  RunInfo const info{.run_id = "r", .display_name = "A name", .description = "d", .type = "azureml.scriptrun", .number = 7,
                     .created_utc = system_clock::time_point(1'700'000'000s), .is_archived = true};
  record = nlohmann::json::parse(to_json_text(details, info));
  EXPECT_EQ(record["status"], "Queued");
  EXPECT_EQ(record["display_name"], "A name");
  EXPECT_EQ(record["description"], "d");
  EXPECT_EQ(record["type"], "azureml.scriptrun");
  EXPECT_EQ(record["number"], 7);
  EXPECT_TRUE(record["parent_run_id"].is_null());
  EXPECT_EQ(record["is_archived"], true);
  details.queue_position.reset();
  EXPECT_TRUE(nlohmann::json::parse(to_json_text(details))["queue_position"].is_null());
}

TEST(RunJson, Tags_AreAnObject) {
  EXPECT_EQ(nlohmann::json::parse(to_json_text(std::map<std::string, std::string>{{"a", "1"}, {"b", "\xff"}})).size(), 2U);
  EXPECT_EQ(to_json_text(std::map<std::string, std::string>{}), "{}\n");
}

TEST(RunJson, NoRuns_IsAnEmptyArray) { EXPECT_EQ(to_json_text(std::vector<azureml::Run>{}), "[]\n"); }

TEST(ShellWord, WordsThatNeedIt_AreQuoted) {
  EXPECT_EQ(shell_word("train_1.py"), "train_1.py");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(HumanBytes, Sizes_HaveOneDecimal) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(5ULL << 30), "5.0 GiB");
}
