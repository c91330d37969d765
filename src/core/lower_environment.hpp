#pragma once
#include "core/job_definition.hpp"
#include "core/lower.hpp"

#include <azureml/fwd.hpp>

namespace azureml::core {

/// The environment of the job, its variables and registry; warns of every package added and of every import that
/// nothing brings.
void lower_environment(Estimator const& estimator, SourceFacts const& facts, JobDefinition& job);

}  // namespace azureml::core
