#pragma once
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// What a conda specification asks for, in pip's terms.
struct PackageRequest {
  std::vector<std::string> requirements{};  ///< Lines of a requirements file, in the order given.
  std::string python{};                     ///< Conditions on the version, `==3.8.*` or `>=3.8,<3.12`; empty: any.
  bool pinned = true;                       ///< Every requirement names one exact version.
  std::vector<std::string> notes{};         ///< What was translated or left out; for the log and the run's warnings.
};

/// Reads a conda specification (`dependencies`, with conda names, `pip:` lists, `python`). Conda packages are translated through a table.
/// @throws RunFailure with code EnvironmentSpecificationInvalid or EnvironmentPackageUnknown, naming all packages it concerns and the remedy
PackageRequest read_conda_file(std::string const& yaml);

/// conda's version conditions as pip writes them: `=1.4` is `==1.4.*`, `1.4` after a blank `==1.4`. @throws std::invalid_argument
std::string pip_version(std::string const& conda_version);
/// Whether a version such as `3.11.2` meets conditions as in `PackageRequest::python`.
bool meets(std::string const& version, std::string const& conditions);

}  // namespace azureml::engine::runner
