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
  std::string python_version{};               ///< "3.11"; empty: not pinned.
  /// Reads a conda specification. @throws ValidationError naming the file and what is wrong in it.
  static CondaDependencies from_file(std::filesystem::path const& yaml);
  std::string to_yaml() const;
  friend bool operator==(CondaDependencies const&, CondaDependencies const&) = default;
};

struct DockerSection {
  std::string base_image{};               ///< Empty: the service's default image.
  std::filesystem::path build_context{};  ///< A folder with a Dockerfile; excludes `base_image`.
  std::optional<ContainerRegistry> registry{};
  friend bool operator==(DockerSection const&, DockerSection const&) = default;
};

/// Where a script runs. `name` and `version` alone mean a registered environment; otherwise what is written here is one.
struct Environment {
  std::string name{}, version{};
  DockerSection docker{};
  CondaDependencies conda_dependencies{};
  bool user_managed_dependencies = false;
  std::map<std::string, std::string> environment_variables{};
  /// @throws ValidationError naming the file and what is wrong in it (all three).
  static Environment from_conda_specification(std::string name, std::filesystem::path const& file);
  static Environment from_pip_requirements(std::string name, std::filesystem::path const& file);
  static Environment from_docker_image(std::string name, std::string image);
  friend bool operator==(Environment const&, Environment const&) = default;
};

}  // namespace azureml
