#include "core/arguments.hpp"

#include "unit/core/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace azureml {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> preview(ScriptParams params) {
  auto estimator = test::plain_estimator();
  estimator.script_params = std::move(params);
  return preview_arguments(estimator);
}

TEST(PreviewArguments, OrderWritten_IsKept) {
  EXPECT_THAT(preview({{"--z", 1}, {"--a", true}, {"--m", 0.8f}}),
              ElementsAre("--z", "1", "--a", "True", "--m", "0.8"));
}

TEST(PreviewArguments, GuidesExample_IsAsInPython) {
  DataReference const ds{.datastore = "workspaceblobstore"};
  EXPECT_THAT(preview({{"--data-folder", ds.as_mount()}, {"--regularization", 0.8}}),
              ElementsAre("--data-folder", "$AZUREML_DATAREFERENCE_workspaceblobstore", "--regularization", "0.8"));
}

TEST(PreviewArguments, FlagsAndEmptyTexts_AreDropped) {
  EXPECT_THAT(preview({{"--verbose", flag}, {"--debug", ""}, {"", "in.csv"}, {"--zero", 0}, {"--no", false}}),
              ElementsAre("--verbose", "--debug", "in.csv", "--zero", "0", "--no", "False"));
  EXPECT_THAT(preview({{"--verbose"}, {"", ""}, {"--list", {"a", "", flag, "b"}}}),
              ElementsAre("--verbose", "--list", "a", "b"));
  EXPECT_THAT(preview({}), IsEmpty());
}

TEST(PreviewArguments, List_IsOneArgumentForEachElement) {
  EXPECT_THAT(preview({{"--layers", {128, 64, 32}}, {"--one", {"x"}}, {"--names", std::vector<std::string>{"a", "b"}}}),
              ElementsAre("--layers", "128", "64", "32", "--one", "x", "--names", "a", "b"));
}

TEST(PreviewArguments, ResumeFrom_ComesLast) {
  auto estimator = test::plain_estimator();
  estimator.script_params = {{"--lr", 1e-5}};
  estimator.resume_from = DataReference{.datastore = "ds", .path_on_datastore = "model"};
  EXPECT_THAT(preview_arguments(estimator),
              ElementsAre("--lr", "1e-05", "--resume-from", "$AZUREML_DATAREFERENCE_MODEL_LOCATION"));
}

TEST(PreviewArguments, FaultyParams_Throw) {
  EXPECT_THROW((void)preview({{"--a", 1}, {"--a", 2}}), ValidationError);
}

TEST(ScriptValue, ListOfOne_IsItsElement) {
  ScriptValue const original{2.5};
  ScriptValue const copy{original};
  EXPECT_EQ(copy, original);
  EXPECT_EQ(ScriptValue{1}, ScriptValue(1));
  EXPECT_EQ(ScriptValue{std::size_t{7}}, ScriptValue(7));
  EXPECT_EQ(ScriptValue(std::string_view("a")), ScriptValue("a"));
}

TEST(ScriptParams, Index_FindsOrAdds) {
  ScriptParams params{{"--lr", 0.1}};
  params["--lr"] = 0.5;
  params["--epochs"] = 3;
  EXPECT_EQ(params, (ScriptParams{{"--lr", 0.5}, {"--epochs", 3}}));
}

std::vector<std::string> words(std::string text, std::vector<Input> inputs) {
  auto estimator = test::plain_estimator();
  estimator.script_params = {{"", std::move(text)}};
  estimator.inputs = std::move(inputs);
  std::vector<std::string> result;
  for (auto const& argument : core::arguments_of(estimator)) result.push_back(core::shell_word(argument));
  return result;
}

TEST(Arguments, KnownVariableInText_IsExpandedByTheShell) {
  std::vector<Input> const inputs{DataReference{.datastore = "ds"}};
  EXPECT_THAT(words("$AZUREML_DATAREFERENCE_ds/sub", inputs), ElementsAre("\"$AZUREML_DATAREFERENCE_ds\"/sub"));
  EXPECT_THAT(words("a b=$AZUREML_DATAREFERENCE_ds", inputs), ElementsAre("'a b='\"$AZUREML_DATAREFERENCE_ds\""));
  EXPECT_THAT(words("$AZUREML_DATAREFERENCE_ds$AZUREML_DATAREFERENCE_ds", inputs),
              ElementsAre("\"$AZUREML_DATAREFERENCE_ds\"\"$AZUREML_DATAREFERENCE_ds\""));
}

TEST(Arguments, UnknownVariableInText_IsText) {
  std::vector<Input> const inputs{DataReference{.datastore = "ds"}};
  EXPECT_THAT(words("$AZUREML_DATAREFERENCE_ds2", inputs), ElementsAre("'$AZUREML_DATAREFERENCE_ds2'"));
  EXPECT_THAT(words("$AZUREML_DATAREFERENCE_", inputs), ElementsAre("'$AZUREML_DATAREFERENCE_'"));
  EXPECT_THAT(words("$HOME", inputs), ElementsAre("'$HOME'"));
}

}  // namespace
}  // namespace azureml
