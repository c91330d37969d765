#pragma once
#include "core/job_definition.hpp"
#include "core/lower.hpp"

#include <azureml/fwd.hpp>

#include <string>

namespace azureml::core {

/// Inputs and outputs of the job, from the data references and the members of that name.
void lower_data(Estimator const& estimator, JobDefinition& job);
/// The one text of POSIX shell that the job runs; `job` has its inputs and outputs already.
std::string lower_command(Estimator const& estimator, SourceFacts const& facts, JobDefinition& job);

}  // namespace azureml::core
