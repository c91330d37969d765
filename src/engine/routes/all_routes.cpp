#include "engine/routes/tables.hpp"

namespace azureml::engine::routes {

std::vector<Route> all_routes() {
  std::vector<Route> table;
  add_workspace_routes(table);
  add_code_routes(table);
  add_environment_routes(table);
  add_job_routes(table);
  add_compute_routes(table);
  add_datastore_routes(table);
  add_data_routes(table);
  add_history_routes(table);
  add_artifact_routes(table);
  add_blob_routes(table);
  return table;
}

}  // namespace azureml::engine::routes
