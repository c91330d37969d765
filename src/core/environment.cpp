#include <azureml/environment.hpp>

#include "core/conda.hpp"
#include "core/make_error.hpp"
#include "core/packages.hpp"

#include <utility>

namespace azureml {

Environment Environment::from_conda_specification(std::string name, std::filesystem::path const& file) {
  return {.name = std::move(name), .conda_dependencies = CondaDependencies::from_file(file)};
}

Environment Environment::from_pip_requirements(std::string name, std::filesystem::path const& file) {
  core::Faults faults;
  auto const text = core::read_specification(file, file.string(), faults);
  auto lines = core::parse_requirements(text, file.string(), faults);
  if (!faults.empty())
    throw core::validation_error("cannot use the requirements file '" + file.string() + "'", faults.take());
  return {.name = std::move(name), .conda_dependencies = {.pip_packages = std::move(lines)}};
}

Environment Environment::from_docker_image(std::string name, std::string image) {
  return {.name = std::move(name), .docker = {.base_image = std::move(image)}, .user_managed_dependencies = true};
}

}  // namespace azureml
