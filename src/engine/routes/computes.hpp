#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace azureml::engine::routes {

/// The names of all computes.
std::vector<std::string> compute_names();
/// The name of the compute that an ARM id or a bare name means. @throws ApiError 400 UnknownTargetType, as the service words it
std::string find_compute(std::string_view id);

}  // namespace azureml::engine::routes
