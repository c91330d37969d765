#pragma once
#include <cstdint>
#include <string>

namespace azureml::core {

/// As Python's `str()` writes it, whatever the locale.
std::string spell(bool value);  ///< `True`
std::string spell(std::int64_t value);
std::string spell(
    double value);  ///< Shortest text that reads back equal: `10.0`, `1e-05`, `1e+16`, `inf`, `nan`, `-0.0`.

}  // namespace azureml::core
