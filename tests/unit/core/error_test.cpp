#include "core/make_error.hpp"

#include <azureml/secret.hpp>

#include "unit/core/support.hpp"

#include <gtest/gtest.h>

namespace azureml {
namespace {

using core::make_error;

TEST(MakeError, State_IsReadBack) {
  auto const error = make_error<NotFoundError>("cannot download 'a'", {.retryable = true,
                                                                       .status = 404,
                                                                       .request_id = "6f",
                                                                       .code = "UserError",
                                                                       .inner_code = "NotFound",
                                                                       .body = "{}",
                                                                       .available = {"b", "c"}});
  EXPECT_STREQ(error.what(), "cannot download 'a'");
  EXPECT_TRUE(error.retryable());
  EXPECT_EQ(error.request_id(), "6f");
  EXPECT_EQ(error.status(), 404);
  EXPECT_EQ(error.code(), "UserError");
  EXPECT_EQ(error.inner_code(), "NotFound");
  EXPECT_EQ(error.body(), "{}");
  EXPECT_EQ(error.available(), (std::vector<std::string>{"b", "c"}));
}

TEST(MakeError, RunErrors_CarryTheirRun) {
  auto const failed =
      make_error<RunFailedError>("run 'r' failed", {.run_id = "r", .failure = {.code = "UserError", .exit_code = 3}});
  EXPECT_EQ(failed.run_id(), "r");
  EXPECT_EQ(failed.failure().exit_code, 3);
  EXPECT_EQ(make_error<RunCanceledError>("run 'r' was canceled", {.run_id = "r"}).run_id(), "r");
  EXPECT_TRUE(make_error<StoppedError>("stopped", {.timed_out = true}).timed_out());
}

TEST(MakeError, ReferenceToMember_LivesAsLongAsACopy) {
  std::vector<Fault> const* faults = nullptr;
  auto copy = [&] {
    auto const error = core::validation_error("the estimator", {{"entry_script", "nothing is given", "name it"}});
    faults = &error.faults();
    return ValidationError(error);
  }();
  EXPECT_EQ(&copy.faults(), faults);
  EXPECT_EQ(faults->at(0).field, "entry_script");
}

TEST(MakeError, ErrorOfAUser_HasEmptyMembers) {
  ServiceError const error("mine");
  EXPECT_EQ(error.status(), 0);
  EXPECT_TRUE(error.body().empty());
  EXPECT_TRUE(ValidationError("mine").faults().empty());
}

TEST(ValidationErrorMessage, SeveralFaults_AreOneSentence) {
  auto const error =
      core::validation_error("the estimator is not valid", {{"a", "is wrong", "mend it"}, {"", "all is lost", ""}});
  EXPECT_STREQ(error.what(), "the estimator is not valid: a: is wrong (mend it); all is lost");
}

TEST(ValidationErrorMessage, VeryManyFaults_AreCounted) {
  auto const error = core::validation_error("no", std::vector<Fault>(23, {"f", "p", ""}));
  EXPECT_TRUE(std::string(error.what()).ends_with("; and 3 more"));
  EXPECT_EQ(error.faults().size(), 23U);
}

TEST(Secret, Literal_IsRevealedAndHasNoSource) {
  auto const secret = Secret::literal("hunter2");
  EXPECT_EQ(secret.reveal(), "hunter2");
  EXPECT_EQ(secret.source(), "");
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret{}.empty());
}

TEST(Secret, FromEnv_ReadsWhenAsked) {
  auto const secret = Secret::from_env("AZUREML_TEST_SECRET");
  EXPECT_EQ(secret.source(), "env:AZUREML_TEST_SECRET");
  test::ScopedVariable const variable("AZUREML_TEST_SECRET", "one");
  EXPECT_EQ(secret.reveal(), "one");
}

TEST(Secret, MissingSource_IsNamed) {
  test::ScopedVariable const variable("AZUREML_TEST_SECRET", nullptr);
  try {
    (void)Secret::from_env("AZUREML_TEST_SECRET").reveal();
    FAIL() << "nothing was thrown";
  } catch (Error const& error) {
    EXPECT_NE(std::string(error.what()).find("AZUREML_TEST_SECRET"), std::string::npos);
  }
  EXPECT_THROW((void)Secret::from_file("/nowhere/key").reveal(), FileError);
}

TEST(Secret, FromFile_LosesOneTrailingNewline) {
  test::TemporaryDirectory const folder;
  EXPECT_EQ(Secret::from_file(folder.write("one", "key\n")).reveal(), "key");
  EXPECT_EQ(Secret::from_file(folder.write("two", "key\n\n")).reveal(), "key\n");
  EXPECT_EQ(Secret::from_file(folder.write("dos", "key\r\n")).reveal(), "key");
  EXPECT_THROW((void)Secret::from_file(folder.write("large", std::string(70000, 'x'))).reveal(), FileError);
}

TEST(Secret, Equality_IsOfSourceOrValue) {
  EXPECT_EQ(Secret::from_env("A"), Secret::from_env("A"));
  EXPECT_FALSE(Secret::from_env("A") == Secret::from_env("B"));
  EXPECT_FALSE(Secret::literal("a") == Secret::literal("b"));
  EXPECT_FALSE(Secret::literal("env:A") == Secret::from_env("A"));
}

}  // namespace
}  // namespace azureml
