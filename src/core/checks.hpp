#pragma once
#include "core/faults.hpp"
#include "core/lower.hpp"

#include <azureml/fwd.hpp>

#include <stop_token>
#include <string>
#include <string_view>

// The rules an estimator must keep, one file for each group. Each adds all faults of its group.
namespace azureml::core {

void check_script_params(Estimator const& estimator, Faults& faults);
void check_compute(Estimator const& estimator, Faults& faults);      ///< Compute, size, distribution, duration.
void check_environment(Estimator const& estimator, Faults& faults);  ///< Image, packages, variables, registry.
void check_data(Estimator const& estimator, Faults& faults);         ///< Data references, inputs, outputs.

/// The folder, the entry script and the named files. What was found so far comes back also when there are faults.
SourceFacts check_source(Estimator const& estimator, SnapshotOptions const& snapshot, Faults& faults,
                         std::stop_token const& stop);

/// All of the above.
SourceFacts check_all(Estimator const& estimator, SnapshotOptions const& snapshot, Faults& faults,
                      std::stop_token const& stop);

/// A fault when `text` cannot travel in a command line and in JSON. False when it cannot.
bool check_text(std::string_view text, std::string const& field, Faults& faults);

}  // namespace azureml::core
