#pragma once
#include <azureml/error.hpp>

#include <string>
#include <utility>
#include <vector>

namespace azureml::core {

/// The faults found so far. Checks go on after the first, so that a user mends all at once.
class Faults {
 public:
  void add(std::string field, std::string problem, std::string remedy) {
    faults_.push_back({std::move(field), std::move(problem), std::move(remedy)});
  }
  void add_all(std::vector<Fault> const& faults) { faults_.insert(faults_.end(), faults.begin(), faults.end()); }
  [[nodiscard]] bool empty() const noexcept { return faults_.empty(); }
  [[nodiscard]] std::vector<Fault> take() { return std::exchange(faults_, {}); }

 private:
  std::vector<Fault> faults_{};
};

}  // namespace azureml::core
