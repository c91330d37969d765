#pragma once
#include "core/faults.hpp"

#include <azureml/environment.hpp>

#include <string>

namespace azureml::core {

/// Reads the text of a conda specification; what is wrong in it goes to `faults` under `field`, with the line where
/// there is one.
CondaDependencies parse_conda(std::string const& text, std::string const& field, Faults& faults);

// More than any specification ever written.
inline constexpr std::size_t kSpecificationMax = 1 << 20;

/// Reads a specification or requirements file; a fault when it is missing, unreadable, too large or not UTF-8.
std::string read_specification(std::filesystem::path const& file, std::string const& field, Faults& faults);

}  // namespace azureml::core
