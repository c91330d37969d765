#pragma once
#include "engine/store/store.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace azureml::engine::routes {

/// A job as the resource manager shows it: every member of the stable version, null when it has no value. Without `outputs.default`.
nlohmann::json job_resource(store::JobRecord const& job, std::string const& base_url);

}  // namespace azureml::engine::routes
