#pragma once
// Each service area adds its operations to the one table.
#include "engine/routes/exchange.hpp"

#include <vector>

namespace azureml::engine::routes {

void add_workspace_routes(std::vector<Route>& table);
void add_code_routes(std::vector<Route>& table);
void add_environment_routes(std::vector<Route>& table);
void add_job_routes(std::vector<Route>& table);
void add_compute_routes(std::vector<Route>& table);
void add_datastore_routes(std::vector<Route>& table);
void add_data_routes(std::vector<Route>& table);
void add_history_routes(std::vector<Route>& table);
void add_artifact_routes(std::vector<Route>& table);
void add_blob_routes(std::vector<Route>& table);

}  // namespace azureml::engine::routes
