#pragma once
#include <string>

namespace azureml::engine::routes {

/// A conda specification (YAML) as the service gives it back: JSON text with two spaces of indentation, "" for an empty one.
/// @throws ApiError 400 when the text is no YAML mapping or too large
std::string conda_as_json(std::string const& yaml);

}  // namespace azureml::engine::routes
