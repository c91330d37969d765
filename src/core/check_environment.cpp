#include "core/aliases.hpp"
#include "core/checks.hpp"
#include "core/conda.hpp"
#include "core/make_error.hpp"
#include "core/names.hpp"
#include "core/packages.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace azureml::core {
namespace {

constexpr std::string_view kCuratedPrefix = "AzureML";

void check_aliases(Estimator const& estimator, Faults& faults) {
  auto const both = [&](bool older, bool newer, char const* older_name, char const* newer_name) {
    if (older && newer) {
      faults.add(older_name, std::string("it is the older name of ") + newer_name + ", and both are given",
                 "leave it out");
    }
  };
  both(!estimator.conda_dependencies_file_path.empty(), !estimator.conda_dependencies_file.empty(),
       "conda_dependencies_file_path", "conda_dependencies_file");
  both(!estimator.pip_requirements_file_path.empty(), !estimator.pip_requirements_file.empty(),
       "pip_requirements_file_path", "pip_requirements_file");
  both(!estimator.custom_docker_base_image.empty(), !estimator.custom_docker_image.empty(), "custom_docker_base_image",
       "custom_docker_image");
}

void check_package_list(std::vector<std::string> const& packages, std::string const& field, Faults& faults) {
  for (std::size_t index = 0; index < packages.size(); ++index) {
    auto const& package = packages[index];
    auto const where = field + "[" + std::to_string(index) + "]";
    if (package.find_first_not_of(" \t") == std::string::npos) {
      faults.add(where, "is empty", "leave it out");
    } else if (package.front() == '-') {
      faults.add(where, "'" + package + "' is an option, not a package", "put options into a requirements file");
    } else if (package.find_first_of("\r\n") != std::string::npos) {
      faults.add(where, "holds a line break", "write one package for each element");
    } else if (has_credentials(package)) {
      faults.add(where,
                 "has a password or token in its address, and everybody in the workspace can read an environment",
                 "use an address that needs none");
    } else {
      check_text(package, where, faults);
    }
  }
}

/// Members by name, and whether they are given.
using Given = std::vector<std::pair<char const*, bool>>;

/// One fault for each member that is given, since `other` excludes it.
void exclude(Given const& given, std::string const& other, std::string const& remedy, Faults& faults) {
  for (auto const& [field, is_given] : given) {
    if (is_given) faults.add(field, "it and " + other + " exclude each other", remedy);
  }
}

void exclude_beside_definition(Estimator const& estimator, Given const& packages, Given const& files, Faults& faults) {
  std::string const remedy = "say it in the environment definition";
  exclude(packages, "environment_definition", remedy, faults);
  exclude(files, "environment_definition", remedy, faults);
  exclude({{"custom_docker_base_image", !estimator.custom_docker_base_image.empty()},
           {"custom_docker_image", !estimator.custom_docker_image.empty()},
           {"image_registry_details", estimator.image_registry_details.has_value()},
           {"use_gpu", estimator.use_gpu},
           {"user_managed", estimator.user_managed},
           {"shm_size", !estimator.shm_size.empty()},
           {"environment_variables", !estimator.environment_variables.empty()}},
          "environment_definition", remedy, faults);
}

void check_exclusions(Estimator const& estimator, Faults& faults) {
  Given const packages{{"conda_packages", !estimator.conda_packages.empty()},
                       {"pip_packages", !estimator.pip_packages.empty()},
                       {"pip_requirements_file", !estimator.pip_requirements_file.empty()},
                       {"pip_requirements_file_path", !estimator.pip_requirements_file_path.empty()}};
  Given const files{{"conda_dependencies_file", !estimator.conda_dependencies_file.empty()},
                    {"conda_dependencies_file_path", !estimator.conda_dependencies_file_path.empty()}};
  if (estimator.environment_definition) return exclude_beside_definition(estimator, packages, files, faults);
  if (!conda_file_of(estimator).empty()) {
    exclude(packages, conda_file_field(estimator), "write the packages into the conda file", faults);
  }
  if (estimator.user_managed) {
    auto const remedy = "install the packages in the image, or leave out user_managed";
    exclude(packages, "user_managed", remedy, faults);
    exclude(files, "user_managed", remedy, faults);
  }
}

void check_image(std::string const& image, std::string const& field, Faults& faults) {
  if (image.empty()) return;
  if (image.find_first_of(" \t\r\n'\"") != std::string::npos || image.find("://") != std::string::npos ||
      image.front() == '-') {
    faults.add(field, "'" + image + "' is not the name of an image", "write registry/name:tag, without https://");
  } else {
    check_text(image, field, faults);
  }
}

void check_variables(std::map<std::string, std::string> const& variables, std::string const& field, Faults& faults) {
  for (auto const& [name, value] : variables) {
    auto const where = field + "[\"" + name + "\"]";
    if (!is_identifier(name))
      faults.add(where, "is not a name of a variable", "use letters, digits and '_', not a digit first");
    check_text(value, where, faults);
  }
}

void check_secret(Secret const& secret, std::string const& field, Faults& faults) {
  if (secret.empty()) return faults.add(field, "nothing is given", "use Secret::from_env or Secret::from_file");
  try {
    (void)secret.reveal();
  } catch (Error const& failure) {
    faults.add(field, failure.what(), "make the secret's source available where the program runs");
  }
}

void check_secret_variables(Estimator const& estimator, Faults& faults) {
  for (auto const& [name, secret] : estimator.secret_environment_variables) {
    auto const where = "secret_environment_variables[\"" + name + "\"]";
    if (!is_identifier(name))
      faults.add(where, "is not a name of a variable", "use letters, digits and '_', not a digit first");
    if (estimator.environment_variables.contains(name)) {
      faults.add(where, "environment_variables has the same name, in the open", "leave one of the two out");
    }
    check_secret(secret, where, faults);
  }
}

void check_registry(std::optional<ContainerRegistry> const& registry, std::string const& field, Faults& faults) {
  if (!registry) return;
  if (!registry->registry_identity.empty()) {
    faults.add(field + ".registry_identity", "the service's jobs have no form of it", "use username and password");
  }
  if (registry->address.empty())
    faults.add(field + ".address", "nothing is given", "name the registry's host, for example registry.example.com");
  if (registry->username.empty())
    faults.add(field + ".username", "nothing is given", "give the user's name at the registry");
  check_secret(registry->password, field + ".password", faults);
}

void check_environment_name(Environment const& environment, Faults& faults) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  if (environment.name.size() > 255 || environment.name.find_first_not_of(kAllowed) != std::string::npos) {
    faults.add("environment_definition.name", "'" + environment.name + "' is not a name of an environment",
               "use letters, digits, '_', '-' and '.', at most 255");
  }
  if (environment.version.find_first_not_of(kAllowed) != std::string::npos) {
    faults.add("environment_definition.version", "'" + environment.version + "' is not a version of an environment",
               "use letters, digits, '_', '-' and '.'");
  }
  if (environment.name.empty() && !environment.version.empty()) {
    faults.add("environment_definition.version", "a version without a name", "give the name too, or neither");
  }
  if (is_registered(environment)) {
    if (environment.name.empty()) {
      faults.add("environment_definition", "it names no environment and describes none",
                 "give a name, an image or packages");
    }
  } else if (environment.name.starts_with(kCuratedPrefix)) {
    faults.add("environment_definition.name", "names that begin with AzureML belong to the service's own environments",
               "give it another name, or leave out image and packages to use the service's");
  }
}

void check_conda(CondaDependencies const& conda, Faults& faults) {
  std::string const field = "environment_definition.conda_dependencies";
  check_package_list(conda.conda_packages, field + ".conda_packages", faults);
  check_package_list(conda.pip_packages, field + ".pip_packages", faults);
  check_package_list(conda.channels, field + ".channels", faults);
  check_variables(conda.variables, field + ".variables", faults);
  if (conda.python_version.find_first_not_of("0123456789.*") != std::string::npos) {
    faults.add(field + ".python_version", "'" + conda.python_version + "' is not a version",
               "write, for example, \"3.11\"");
  }
  if (!conda.python_version.empty() && has_package(conda.conda_packages, "python")) {
    faults.add(field + ".python_version", "conda_packages names a python too", "leave one of the two out");
  }
}

void check_definition(Environment const& environment, Faults& faults) {
  check_environment_name(environment, faults);
  check_conda(environment.conda_dependencies, faults);
  check_variables(environment.environment_variables, "environment_definition.environment_variables", faults);
  check_image(environment.docker.base_image, "environment_definition.docker.base_image", faults);
  check_registry(environment.docker.registry, "environment_definition.docker.registry", faults);
  if (!environment.docker.build_context.empty()) {
    faults.add("environment_definition.docker.build_context",
               "an image built from a Dockerfile cannot be sent with a job yet",
               "build and push the image yourself and name it in base_image");
  }
  if (environment.user_managed_dependencies && !(environment.conda_dependencies == CondaDependencies{})) {
    faults.add("environment_definition.user_managed_dependencies", "it and conda_dependencies exclude each other",
               "install the packages in the image, or leave it out");
  }
}

}  // namespace

void check_environment(Estimator const& estimator, Faults& faults) {
  check_aliases(estimator, faults);
  check_exclusions(estimator, faults);
  check_package_list(estimator.conda_packages, "conda_packages", faults);
  check_package_list(estimator.pip_packages, "pip_packages", faults);
  check_image(estimator.custom_docker_base_image, "custom_docker_base_image", faults);
  check_image(estimator.custom_docker_image, "custom_docker_image", faults);
  check_variables(estimator.environment_variables, "environment_variables", faults);
  check_secret_variables(estimator, faults);
  check_registry(estimator.image_registry_details, "image_registry_details", faults);
  if (estimator.environment_definition) check_definition(*estimator.environment_definition, faults);
  bool const has_image = !image_of(estimator).empty() || (estimator.environment_definition &&
                                                          !estimator.environment_definition->docker.base_image.empty());
  if (estimator.use_docker == false && has_image) {
    faults.add("use_docker", "it is false, and an image is given",
               "leave out the image to run without a container, or use_docker to run in it");
  }
}

}  // namespace azureml::core
