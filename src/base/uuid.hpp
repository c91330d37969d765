#pragma once
#include <string>

namespace azureml::base {

std::string new_uuid();                      ///< Random (version 4), lower case, with hyphens.
std::string random_hex(std::size_t digits);  ///< Lower-case hex digits.

}  // namespace azureml::base
