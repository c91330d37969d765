#include "base/time.hpp"
#include "rest/requests.hpp"
#include "rest/rest.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {

namespace {

/// Members that are not set are left out: the service parses strictly and fills in its own defaults.
void set(Json& object, char const* name, std::string const& value) {
  if (!value.empty()) object[name] = value;
}

void set(Json& object, char const* name, StringMap const& value) {
  if (!value.empty()) object[name] = value;
}

Json input_body(core::JobInput const& input) {
  Json result{{"jobInputType", input.type}};
  if (input.type == "literal") {
    result["value"] = input.address;
  } else {
    result["uri"] = input.address;
    set(result, "mode", input.mode);
  }
  return result;
}

Json output_body(core::JobOutput const& output) {
  Json result{{"jobOutputType", output.type}};
  set(result, "mode", output.mode);
  set(result, "uri", output.address);
  set(result, "assetName", output.asset_name);
  return result;
}

Json distribution_body(core::JobDistribution const& distribution) {
  Json result{{"distributionType", distribution.type}};
  if (distribution.type == "TensorFlow") {
    result["workerCount"] = distribution.worker_count;
    result["parameterServerCount"] = distribution.parameter_server_count;
  } else {
    result["processCountPerInstance"] = distribution.process_count_per_instance;
  }
  return result;
}

Json resources_body(core::JobDefinition const& job) {
  Json result{{"instanceCount", job.instance_count}};
  set(result, "instanceType", job.instance_type);
  set(result, "shmSize", job.shm_size);
  return result;
}

std::string compute_id(Connection const& connection, std::string const& target) {
  return target.front() == '/' ? target : arm_id(connection, "computes", target);
}

}  // namespace

std::string command_job_body(Connection const& connection, core::JobDefinition const& job, JobIds const& ids,
                             JobLabels const& labels) {
  Json properties{{"jobType", "Command"},
                  {"command", job.command},
                  {"environmentId", ids.environment_id},
                  {"resources", resources_body(job)}};
  set(properties, "codeId", ids.code_id);
  if (!job.compute_target.empty()) properties["computeId"] = compute_id(connection, job.compute_target);
  set(properties, "experimentName", labels.experiment_name);
  set(properties, "displayName", labels.display_name);
  set(properties, "description", labels.description);
  set(properties, "tags", labels.tags);
  set(properties, "properties", job.properties);
  set(properties, "environmentVariables", job.environment_variables);
  for (auto const& [name, input] : job.inputs) properties["inputs"][name] = input_body(input);
  for (auto const& [name, output] : job.outputs) properties["outputs"][name] = output_body(output);
  if (job.distribution) properties["distribution"] = distribution_body(*job.distribution);
  if (job.timeout)
    properties["limits"] = {{"jobLimitsType", "Command"}, {"timeout", base::to_iso8601_duration(*job.timeout)}};
  if (!job.job_tier.empty()) properties["queueSettings"] = {{"jobTier", job.job_tier}};
  return dump({{"properties", std::move(properties)}});
}

}  // namespace azureml::rest
