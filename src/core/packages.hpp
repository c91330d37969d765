#pragma once
#include "core/faults.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace azureml::core {

/// The package that a conda or pip requirement names, in PyPI's normal form: `Scikit_Learn[all]>=1.0` is
/// `scikit-learn`. Empty for an option line or a bare address.
std::string package_name(std::string_view requirement);
bool has_package(std::vector<std::string> const& requirements, std::string_view name);

/// The lines of a pip requirements file: no comments and blank lines, continued lines joined, options kept where they
/// stand. What cannot work where the environment is built is added to `faults`, with the line's number.
std::vector<std::string> parse_requirements(std::string_view text, std::string const& field, Faults& faults);

/// The requirements file's lines, then the packages that are not among them; two plain requirements of one package
/// become one, with both specifiers, as in Python.
std::vector<std::string> merge_requirements(std::vector<std::string> const& lines,
                                            std::vector<std::string> const& packages);

/// True when an address in `text` carries a user's password or token, as in `https://user:secret@host/`.
bool has_credentials(std::string_view text);

}  // namespace azureml::core
