#pragma once
#include <azureml/data_reference.hpp>
#include <azureml/fwd.hpp>

#include <set>
#include <string>
#include <vector>

namespace azureml::core {

/// A data reference of an estimator, its name resolved and its path in normal form.
struct PlacedReference {
  DataReference data{};
  std::string field{};  ///< Where it was written: `script_params[0]`, `inputs[1]`, `resume_from`.
};

/// All of them, in the order of the members; equal ones as often as they were written.
std::vector<PlacedReference> references_of(Estimator const& estimator);
/// The names for which the script will find a variable `AZUREML_DATAREFERENCE_<name>`: references, named inputs,
/// outputs.
std::set<std::string> variable_names_of(Estimator const& estimator);

}  // namespace azureml::core
