#include "core/checks.hpp"

#include "core/names.hpp"

#include <azureml/estimator.hpp>

namespace azureml {
namespace core {

bool check_text(std::string_view text, std::string const& field, Faults& faults) {
  if (is_plain_text(text)) return true;
  faults.add(field, "is not a text in UTF-8 without NUL bytes", "put bytes into a file of the source directory");
  return false;
}

SourceFacts check_all(Estimator const& estimator, SnapshotOptions const& snapshot, Faults& faults,
                      std::stop_token const& stop) {
  auto facts = check_source(estimator, snapshot, faults, stop);
  check_script_params(estimator, faults);
  check_compute(estimator, faults);
  check_environment(estimator, faults);
  check_data(estimator, faults);
  return facts;
}

}  // namespace core

std::vector<Fault> validate(Estimator const& estimator) {
  core::Faults faults;
  core::check_all(estimator, {}, faults, {});
  return faults.take();
}

}  // namespace azureml
