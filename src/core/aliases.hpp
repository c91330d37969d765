#pragma once
#include <azureml/estimator.hpp>

#include <filesystem>
#include <string>

// Members with an older and a newer name; `validate` refuses both at once.
namespace azureml::core {

inline std::filesystem::path const& conda_file_of(Estimator const& estimator) {
  return estimator.conda_dependencies_file.empty() ? estimator.conda_dependencies_file_path
                                                   : estimator.conda_dependencies_file;
}
inline std::filesystem::path const& requirements_file_of(Estimator const& estimator) {
  return estimator.pip_requirements_file.empty() ? estimator.pip_requirements_file_path
                                                 : estimator.pip_requirements_file;
}
inline std::string const& image_of(Estimator const& estimator) {
  return estimator.custom_docker_image.empty() ? estimator.custom_docker_base_image : estimator.custom_docker_image;
}
inline char const* conda_file_field(Estimator const& estimator) {
  return estimator.conda_dependencies_file.empty() ? "conda_dependencies_file_path" : "conda_dependencies_file";
}
inline char const* requirements_file_field(Estimator const& estimator) {
  return estimator.pip_requirements_file.empty() ? "pip_requirements_file_path" : "pip_requirements_file";
}
inline char const* image_field(Estimator const& estimator) {
  return estimator.custom_docker_image.empty() ? "custom_docker_base_image" : "custom_docker_image";
}

/// Neither image nor packages: the registered environment of this name.
inline bool is_registered(Environment const& environment) {
  return environment.docker.base_image.empty() && environment.docker.build_context.empty() &&
         environment.conda_dependencies == CondaDependencies{} && !environment.user_managed_dependencies;
}

}  // namespace azureml::core
