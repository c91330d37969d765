#pragma once
#include "engine/routes/exchange.hpp"
#include "engine/routes/services.hpp"
#include "engine/store/store.hpp"

#include <nlohmann/json_fwd.hpp>

namespace azureml::engine::routes {

/// A job as run history shows it.
nlohmann::json run_resource(store::JobRecord const& job, Services& services);
/// The same run with its log files, each under a signed address.
nlohmann::json run_details(store::JobRecord const& job, Request const& request, Services& services);

}  // namespace azureml::engine::routes
