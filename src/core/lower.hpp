#pragma once
#include "core/job_definition.hpp"
#include "snapshot/snapshot.hpp"

#include <azureml/estimator.hpp>

#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace azureml::core {

/// What `inspect` found out about the source directory; all that `lower` needs of the outside world.
struct SourceFacts {
  snapshot::Plan plan{};
  std::string conda_file_text{}, requirements_text{};
  bool imports_azureml = false, imports_mlflow = false;  ///< A Python file of the snapshot does.
  std::map<std::string, std::string> git{};  ///< `azureml.git.commit` and its kin; empty outside a repository.
};

/// Looks at the folder once: the snapshot plan, the named files, imports, git. @throws ValidationError with all faults
/// of the estimator (those of `validate`, and the budgets of `snapshot`), FileError, StoppedError.
SourceFacts inspect(Estimator const& estimator, SnapshotOptions const& snapshot = {},
                    std::stop_token const& stop = {});

/// The job an estimator stands for. Pure and deterministic; expects an estimator without faults.
JobDefinition lower(Estimator const& estimator, SourceFacts const& facts);

}  // namespace azureml::core
