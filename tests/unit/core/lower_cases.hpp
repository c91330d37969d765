#pragma once
#include "core/lower.hpp"

#include <azureml/estimator.hpp>

#include <string>
#include <vector>

namespace azureml::test {

/// An estimator and what was found in its folder; the job it stands for is in tests/data/core/<name>.json.
struct LowerCase {
  std::string name{};
  Estimator estimator{};
  core::SourceFacts facts{};
};
std::vector<LowerCase> lower_cases();

/// An estimator that `validate` refuses because of one member, which has no form on the wire.
struct RefusalCase {
  std::string member{};
  Estimator estimator{};
};
std::vector<RefusalCase> refusal_cases();

}  // namespace azureml::test
