#include "unit/core/lower_cases.hpp"
#include "unit/core/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <cmath>

namespace azureml {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> faults_of(std::string const& json) {
  try {
    estimator_from_json(json);
  } catch (ValidationError const& error) {
    return test::described(error.faults());
  }
  return {};
}

TEST(EstimatorJson, EveryGoldenCase_IsReadBackEqual) {
  for (auto const& a_case : test::lower_cases()) {
    auto const again = estimator_from_json(to_json(a_case.estimator));
    EXPECT_EQ(to_json(again), to_json(a_case.estimator)) << a_case.name;
    if (a_case.name == "script_params") continue;  // It holds a NaN, unequal to itself.
    EXPECT_EQ(again, a_case.estimator) << a_case.name;
  }
}

TEST(EstimatorJson, EveryRefusalCase_IsReadBackEqual) {
  for (auto const& refusal : test::refusal_cases())
    EXPECT_EQ(estimator_from_json(to_json(refusal.estimator)), refusal.estimator) << refusal.member;
}

TEST(EstimatorJson, Form_IsStable) {
  auto estimator = test::plain_estimator();
  estimator.script_params = {{"--lr", 1e-5},
                             {"--whole", 10.0},
                             {"--n", 10},
                             {"--v", flag},
                             {"--nan", std::nan("")},
                             {"--l", {1, "a"}},
                             {"--d", DataReference{.datastore = "ds"}.as_download("x")}};
  estimator.script_params.append("--n", 11);
  EXPECT_EQ(
      to_json(estimator, -1),
      R"({"source_directory":"/project","script_params":[["--lr",1e-05],["--whole",10.0],["--n",10],["--v",null],["--nan",{"number":"nan"}],)"
      R"(["--l",[1,"a"]],["--d",{"data_reference":{"datastore":"ds","mode":"download","path_on_compute":"x"}}],["--n",11,"append"]],)"
      R"("compute_target":"local","entry_script":"train.py"})");
  EXPECT_EQ(to_json(Estimator{}, -1), "{}");
}

TEST(EstimatorJson, TypesOfNumbers_Survive) {
  auto const again = estimator_from_json(
      R"({"script_params":[["--a",10],["--b",10.0],["--c",18446744073709551615],["--d",-0.0],["--e",{"number":"-inf"}]]})");
  EXPECT_THAT(preview_arguments(again),
              ElementsAre("--a", "10", "--b", "10.0", "--c", "18446744073709551615", "--d", "-0.0", "--e", "-inf"));
}

TEST(EstimatorJson, ListOfOneAndNestedLists_Survive) {
  auto estimator = test::plain_estimator();
  estimator.script_params = {
      {"--a", std::vector<int>{1}}, {"--b", {ScriptValue{1, 2}, 3}}, {"--c", std::vector<int>{}}};
  EXPECT_EQ(estimator_from_json(to_json(estimator)), estimator);
}

TEST(EstimatorJson, Secret_IsItsSource) {
  auto estimator = test::plain_estimator();
  estimator.secret_environment_variables = {{"KEY", Secret::from_env("HOME_OF_KEY")}};
  EXPECT_THAT(to_json(estimator, -1), HasSubstr(R"("secret_environment_variables":{"KEY":"env:HOME_OF_KEY"})"));
}

TEST(EstimatorJson, LiteralSecret_ThrowsNamingTheFieldOnly) {
  auto estimator = test::plain_estimator();
  estimator.secret_environment_variables = {{"KEY", Secret::literal("hunter2")}};
  estimator.image_registry_details = ContainerRegistry{"r", "u", Secret::literal("hunter2")};
  try {
    (void)to_json(estimator);
    FAIL() << "nothing was thrown";
  } catch (ValidationError const& error) {
    EXPECT_THAT(test::described(error.faults()), ElementsAre(HasSubstr("image_registry_details.password"),
                                                             HasSubstr("secret_environment_variables[\"KEY\"]")));
    EXPECT_THAT(error.what(), Not(HasSubstr("hunter2")));
  }
}

TEST(EstimatorJson, TextThatIsNoUtf8_Throws) {
  auto estimator = test::plain_estimator();
  estimator.script_params = {{"--a", "\xFF"}};
  estimator.pip_packages = {"\xFE"};
  EXPECT_THROW((void)to_json(estimator), ValidationError);
}

TEST(EstimatorJson, UnknownMembers_AreAllNamed) {
  EXPECT_THAT(
      faults_of(
          R"({"entry_scrip":"a","inputs":[{"adress":"x"}],"environment_definition":{"docker":{"image":"x"}},"resume_from":{"path":"x"}})"),
      testing::UnorderedElementsAre("entry_scrip: is not known", "inputs[0].adress: is not known",
                                    "environment_definition.docker.image: is not known",
                                    "resume_from.path: is not known"));
}

TEST(EstimatorJson, MembersOfTheWrongKind_AreAllNamed) {
  EXPECT_THAT(
      faults_of(
          R"({"entry_script":1,"node_count":"2","use_gpu":1,"pip_packages":["a",2],"environment_variables":{"A":1},"outputs":[],
                            "max_run_duration":1.5,"inputs":[3],"process_count_per_node":4294967296,"use_docker":"yes"})"),
      testing::UnorderedElementsAre("entry_script: is not a text", "node_count: is not a whole number",
                                    "use_gpu: is not true or false", "pip_packages: is not an array of texts",
                                    "environment_variables: is not an object of texts", "outputs: is not an object",
                                    "max_run_duration: is not a whole number of seconds", "inputs[0]: is not an object",
                                    "process_count_per_node: is not a whole number",
                                    "use_docker: is not true or false"));
}

TEST(EstimatorJson, ScriptParamsThatAreNone_AreNamed) {
  EXPECT_THAT(
      faults_of(R"({"script_params":[["--a"],["--b",1,"add"],[1,2],"--c",["--d",{}],["--e",{"number":"big"}]]})"),
      ElementsAre(
          "script_params[0]: is not a pair of key and value", "script_params[1]: is not a pair of key and value",
          "script_params[2]: is not a pair of key and value", "script_params[3]: is not a pair of key and value",
          "script_params[4]: is an object that stands for no value",
          "script_params[5]: is an object that stands for no value"));
}

TEST(EstimatorJson, WordsThatAreNone_AreNamed) {
  EXPECT_THAT(faults_of(R"({"resume_from":{"mode":"copy"},"distributed_training":{"type":"horovod"}})"),
              ElementsAre(HasSubstr("distributed_training.type"), HasSubstr("resume_from.mode")));
}

TEST(EstimatorJson, PasswordInsteadOfSource_IsNotRepeated) {
  auto const faults = faults_of(R"({"image_registry_details":{"address":"r","password":"hunter2"}})");
  EXPECT_THAT(faults, ElementsAre("image_registry_details.password: is not the source of a secret"));
}

TEST(EstimatorJson, TextThatIsNoJson_SaysWhere) {
  EXPECT_THAT(faults_of("{\"node_count\": }"), ElementsAre(HasSubstr("at byte 16")));
  EXPECT_THAT(faults_of("[]"), ElementsAre(HasSubstr("is not an object")));
  EXPECT_THAT(faults_of(R"({"script_params":[["--a",)" + std::string(100000, '[') + std::string(100000, ']') + "]]}"),
              ElementsAre(HasSubstr("levels deep")));
}

}  // namespace
}  // namespace azureml
