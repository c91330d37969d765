#include "core/lower.hpp"

#include "core/aliases.hpp"
#include "core/distribution.hpp"
#include "core/lower_command.hpp"
#include "core/lower_environment.hpp"

namespace azureml::core {

JobDefinition lower(Estimator const& estimator, SourceFacts const& facts) {
  JobDefinition job;
  auto const& definition = estimator.environment_definition;
  lower_data(estimator, job);
  job.command = lower_command(estimator, facts, job);
  lower_environment(estimator, facts, job);
  job.compute_target = estimator.compute_target.str();
  job.instance_type = estimator.vm_size;
  job.job_tier = job_tier_of(estimator);
  job.instance_count = estimator.node_count;
  job.distribution = distribution_of(estimator);
  job.shm_size = definition ? definition->docker.shm_size : estimator.shm_size;
  job.timeout = estimator.max_run_duration;
  job.properties = facts.git;
  if (estimator.use_gpu || (definition && definition->docker.gpu_support))
    job.properties["azureml-cpp.use_gpu"] = "true";
  if (estimator.use_docker) job.properties["azureml-cpp.use_docker"] = *estimator.use_docker ? "true" : "false";
  return job;
}

}  // namespace azureml::core
