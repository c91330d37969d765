#pragma once
#include <azureml/secret.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace azureml {

/// A private image registry.
struct ContainerRegistry {
  std::string address{};            ///< `registry.example.com`
  std::string username{};
  Secret password{};
  std::string registry_identity{};  ///< A managed identity instead of user and password. Has no form on the wire yet: a fault.
  friend bool operator==(ContainerRegistry const&, ContainerRegistry const&) = default;
};

/// What conda installs. A value; `to_yaml` is the specification that is sent.
struct CondaDependencies {
  std::vector<std::string> channels{};        ///< Empty: conda-forge.
  std::vector<std::string> conda_packages{};  ///< `{"scikit-learn=1.4"}`
  std::vector<std::string> pip_packages{};    ///< Requirement specifiers.
  std::string python_version{};               ///< "3.11"; empty: not pinned, unless `conda_packages` has a `python…`.
  std::map<std::string, std::string> variables{};  ///< Set when the environment is active.
  /// Reads a conda specification. @throws ValidationError naming the file and what is wrong in it.
  static CondaDependencies from_file(std::filesystem::path const& yaml);
  /// The same text for the same value. `python` and `pip` are in it also when no package is given.
  std::string to_yaml() const;
  friend bool operator==(CondaDependencies const&, CondaDependencies const&) = default;
};

struct DockerSection {
  std::string base_image{};               ///< Empty: the service's default image.
  std::filesystem::path build_context{};  ///< A folder with a Dockerfile; excludes `base_image`. A fault: no job can be sent with it yet.
  std::optional<ContainerRegistry> registry{};
  std::string shm_size{};                 ///< "2g"; what `Estimator::shm_size` is without an `environment_definition`.
  bool gpu_support = false;               ///< What `Estimator::use_gpu` is without an `environment_definition`.
  friend bool operator==(DockerSection const&, DockerSection const&) = default;
};

/// Where a script runs. With neither image nor packages it is the registered environment of this name (no `version`: the latest);
/// otherwise what is written here is one, used as it is: a named one is registered under its name, with a hash as version when there is none.
struct Environment {
  std::string name{}, version{};
  DockerSection docker{};
  CondaDependencies conda_dependencies{};
  bool user_managed_dependencies = false;  ///< The image's own Python is used as it is.
  std::map<std::string, std::string> environment_variables{};
  /// @throws ValidationError naming the file and what is wrong in it.
  static Environment from_conda_specification(std::string name, std::filesystem::path const& file);
  static Environment from_pip_requirements(std::string name, std::filesystem::path const& file);
  static Environment from_docker_image(std::string name, std::string image);  ///< With the image's own Python, as in Python.
  friend bool operator==(Environment const&, Environment const&) = default;
};

}  // namespace azureml
