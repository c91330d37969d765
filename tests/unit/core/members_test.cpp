// Every member of Estimator either changes the job, shown by a golden file, or is refused. A new member fails here
// until it does.
#include "core/lower.hpp"
#include "unit/core/lower_cases.hpp"
#include "unit/core/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <regex>
#include <set>
#include <sstream>

namespace azureml {
namespace {

using Json = nlohmann::ordered_json;

/// The members as the header declares them.
std::vector<std::string> declared_members() {
  std::istringstream header(
      test::read_text(std::filesystem::path(AZUREML_SOURCE_ROOT) / "include/azureml/estimator.hpp"));
  std::vector<std::string> members;
  bool inside = false;
  for (std::string line; std::getline(header, line);) {
    if (line == "struct Estimator {") inside = true;
    if (line == "};") inside = false;
    std::smatch match;
    static std::regex const kMember(R"(^  [A-Za-z_:<>, ]+ (\w+)(\{\}| = [^;]+);.*)");
    if (inside && std::regex_match(line, match, kMember)) members.push_back(match[1]);
  }
  return members;
}

Json written(Estimator const& estimator) {
  return Json::parse(to_json(estimator));
}

std::set<std::string> members_in_golden_files() {
  std::set<std::string> names;
  for (auto const& a_case : test::lower_cases()) {
    auto const json = written(a_case.estimator);
    for (auto const& [name, value] : json.items()) names.insert(name);
  }
  return names;
}

TEST(EstimatorMembers, HeaderOfTheTest_IsRead) {
  auto const members = declared_members();
  EXPECT_EQ(members.size(), 31U) << "a new member: say how many there are now, and give it a golden file or a refusal";
  EXPECT_EQ(members.front(), "source_directory");
  EXPECT_EQ(members.back(), "max_run_duration");
}

TEST(EstimatorMembers, EachMember_HasAGoldenFileOrARefusal) {
  auto const golden = members_in_golden_files();
  std::set<std::string> refused;
  for (auto const& refusal : test::refusal_cases()) refused.insert(refusal.member);
  for (auto const& member : declared_members()) {
    EXPECT_NE(golden.contains(member), refused.contains(member))
        << member << " needs exactly one of: a case in lower_cases, one in refusal_cases";
  }
}

TEST(EstimatorMembers, EachMemberInAGoldenFile_ChangesTheJob) {
  for (auto const& [name, estimator, facts] : test::lower_cases()) {
    auto const json = written(estimator);
    auto const job = core::lower(estimator, facts);
    for (auto const& [member, value] : json.items()) {
      if (member == "source_directory") continue;  // Its content is in the facts.
      auto without = json;
      without.erase(member);
      auto const other = core::lower(estimator_from_json(without.dump()), facts);
      auto const same = job.command == other.command && job.compute_target == other.compute_target &&
                        job.instance_type == other.instance_type && job.job_tier == other.job_tier &&
                        job.instance_count == other.instance_count && job.shm_size == other.shm_size &&
                        job.timeout == other.timeout && job.distribution == other.distribution &&
                        job.inputs == other.inputs && job.outputs == other.outputs &&
                        job.environment_variables == other.environment_variables &&
                        job.properties == other.properties && job.environment == other.environment &&
                        job.registry == other.registry && job.secret_variables == other.secret_variables;
      EXPECT_FALSE(same) << member << " of " << name << " is lost";
    }
  }
}

TEST(EstimatorMembers, EachRefusedMember_IsNamedByValidate) {
  test::TemporaryDirectory const folder;
  folder.write("train.py", "");
  for (auto [member, estimator] : test::refusal_cases()) {
    estimator.source_directory = folder.path();
    auto const faults = validate(estimator);
    ASSERT_EQ(faults.size(), 1U) << member;
    EXPECT_EQ(faults[0].field, member);
  }
}

TEST(EstimatorMembers, EachGoldenCase_IsValid) {
  test::ScopedVariable const key("AZUREML_TEST_API_KEY", "k"), password("AZUREML_TEST_PASSWORD", "p");
  for (auto [name, estimator, facts] : test::lower_cases()) {
    test::TemporaryDirectory const folder;
    for (auto const& file : facts.plan.files) folder.write(file.path, "");
    folder.write("conda.yml", facts.conda_file_text.empty() ? "dependencies: [a]" : facts.conda_file_text);
    folder.write("requirements.txt", facts.requirements_text);
    estimator.source_directory = folder.path();
    if (estimator.image_registry_details)
      estimator.image_registry_details->password = Secret::from_file(folder.write("password", "p"));
    EXPECT_THAT(test::described(validate(estimator)), testing::IsEmpty()) << name;
  }
}

}  // namespace
}  // namespace azureml
