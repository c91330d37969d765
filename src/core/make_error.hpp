#pragma once
#include <azureml/error.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace azureml::core {

/// Everything an error can carry; each class shows the members it has.
struct ErrorState {
  bool retryable = false;
  bool timed_out = false;
  int status = 0;
  std::string request_id{}, code{}, inner_code{}, body{}, run_id{};
  std::vector<Fault> faults{};
  std::vector<std::string> available{};
  RunFailure failure{};
};

/// Makes an error of the given class: `make_error<ServiceError>("cannot …", {.status = 409})`.
template <class E>
[[nodiscard]] E make_error(std::string const& message, ErrorState state = {});

/// One sentence from all faults: `the estimator is not valid: entry_script: … (…); node_count: …`.
[[nodiscard]] ValidationError validation_error(std::string const& subject, std::vector<Fault> faults);

}  // namespace azureml::core
