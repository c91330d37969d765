#include "core/lower_environment.hpp"

#include "base/digest.hpp"
#include "core/aliases.hpp"
#include "core/conda.hpp"
#include "core/packages.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace azureml::core {
namespace {

constexpr std::string_view kCpuImage = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04";
constexpr std::string_view kGpuImage = "mcr.microsoft.com/azureml/openmpi4.1.0-cuda11.8-cudnn8-ubuntu22.04";
constexpr std::string_view kAnonymousName = "CliV2AnonymousEnvironment";
constexpr std::size_t kVersionDigits = 32;

bool brings_azureml(std::vector<std::string> const& packages) {
  // Named alike, but without `azureml.core`.
  constexpr std::array<std::string_view, 3> kOthers{"azureml-mlflow", "azureml-metrics",
                                                    "azureml-inference-server-http"};
  return std::ranges::any_of(packages, [&](std::string const& package) {
    auto const name = package_name(package);
    return name.starts_with("azureml-") && std::ranges::find(kOthers, name) == kOthers.end();
  });
}

bool brings_mlflow(std::vector<std::string> const& packages) {
  constexpr std::array<std::string_view, 3> kAll{"mlflow", "mlflow-skinny", "azureml-mlflow"};
  return std::ranges::any_of(kAll, [&](std::string_view name) { return has_package(packages, name); });
}

struct Missing {
  bool azureml = false, mlflow = false;
};

Missing missing_packages(CondaDependencies const& conda, SourceFacts const& facts) {
  auto packages = conda.conda_packages;
  packages.insert(packages.end(), conda.pip_packages.begin(), conda.pip_packages.end());
  return {facts.imports_azureml && !brings_azureml(packages), facts.imports_mlflow && !brings_mlflow(packages)};
}

/// True when something was added.
bool add_missing(CondaDependencies& conda, SourceFacts const& facts, std::vector<std::string>& warnings) {
  auto const missing = missing_packages(conda, facts);
  if (missing.azureml) {
    conda.pip_packages.push_back("azureml-defaults");
    warnings.push_back(
        "the script imports azureml, which no package brings: azureml-defaults was added to the environment");
  }
  if (missing.mlflow) {
    conda.pip_packages.insert(conda.pip_packages.end(), {"mlflow", "azureml-mlflow"});
    warnings.push_back(
        "the script imports mlflow, which no package brings: mlflow and azureml-mlflow were added to the environment");
  }
  return missing.azureml || missing.mlflow;
}

void warn_of_missing(Environment const& environment, SourceFacts const& facts, std::vector<std::string>& warnings) {
  auto const missing = missing_packages(environment.conda_dependencies, facts);
  auto const warn = [&](std::string const& module, std::string const& remedy) {
    warnings.push_back("the script imports " + module +
                       ", and environment_definition, which is used as it is, brings no package for it: add " + remedy +
                       " unless the image has it");
  };
  if (missing.azureml) warn("azureml", "azureml-defaults");
  if (missing.mlflow) warn("mlflow", "mlflow and azureml-mlflow");
}

/// The same content, the same version: a repeated submit registers nothing new.
std::string version_of(JobEnvironment const& environment) {
  return base::sha256_hex(std::to_string(environment.image.size()) + ":" + environment.image + environment.conda_file)
      .substr(0, kVersionDigits);
}

std::string conda_text_of(Estimator const& estimator, SourceFacts const& facts, std::vector<std::string>& warnings) {
  Faults none;  // an estimator without faults is expected
  if (!conda_file_of(estimator).empty()) {
    auto conda = parse_conda(facts.conda_file_text, conda_file_field(estimator), none);
    return add_missing(conda, facts, warnings) ? conda.to_yaml() : facts.conda_file_text;
  }
  auto const requirements = requirements_file_of(estimator).empty() ? std::string_view{} : facts.requirements_text;
  auto const lines = parse_requirements(requirements, requirements_file_field(estimator), none);
  CondaDependencies conda{.conda_packages = estimator.conda_packages,
                          .pip_packages = merge_requirements(lines, estimator.pip_packages)};
  add_missing(conda, facts, warnings);
  return conda.to_yaml();
}

JobEnvironment environment_of(Estimator const& estimator, SourceFacts const& facts,
                              std::vector<std::string>& warnings) {
  JobEnvironment result{.name = std::string(kAnonymousName), .image = image_of(estimator)};
  if (result.image.empty()) result.image = estimator.use_gpu ? kGpuImage : kCpuImage;
  if (!estimator.user_managed) result.conda_file = conda_text_of(estimator, facts, warnings);
  result.version = version_of(result);
  return result;
}

JobEnvironment environment_of(Environment const& definition, SourceFacts const& facts,
                              std::vector<std::string>& warnings) {
  if (is_registered(definition)) {
    auto const version = definition.version.empty() ? "@latest" : ":" + definition.version;
    return {.reference = "azureml:" + definition.name + version};
  }
  JobEnvironment result{.anonymous = definition.name.empty(), .image = definition.docker.base_image};
  if (result.image.empty()) result.image = definition.docker.gpu_support ? kGpuImage : kCpuImage;
  if (!definition.user_managed_dependencies) {
    result.conda_file = definition.conda_dependencies.to_yaml();
    warn_of_missing(definition, facts, warnings);
  }
  result.name = result.anonymous ? std::string(kAnonymousName) : definition.name;
  result.version = definition.version.empty() ? version_of(result) : definition.version;
  return result;
}

}  // namespace

void lower_environment(Estimator const& estimator, SourceFacts const& facts, JobDefinition& job) {
  auto const& definition = estimator.environment_definition;
  job.environment =
      definition ? environment_of(*definition, facts, job.warnings) : environment_of(estimator, facts, job.warnings);
  job.environment_variables = definition ? definition->environment_variables : estimator.environment_variables;
  job.secret_variables = estimator.secret_environment_variables;
  job.registry = definition ? definition->docker.registry : estimator.image_registry_details;
  if (job.registry && (definition ? definition->docker.base_image : image_of(estimator)).empty()) {
    job.warnings.push_back("the details of the registry '" + job.registry->address +
                           "' are given, and no image of one's own is");
  }
}

}  // namespace azureml::core
