#pragma once
#include "engine/routes/exchange.hpp"

namespace azureml::engine::routes {

/// Removes a run that has ended: its record, its folder, what was uploaded to it. What others refer to stays: code, environments, data.
/// 204 when there is none. @throws ApiError 409 when it has not ended, or something refers to its files
Reply delete_job(Request const& request, Services& services);

}  // namespace azureml::engine::routes
