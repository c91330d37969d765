#include "api/delete_run.hpp"

#include "api/states.hpp"
#include "rest/delete_job.hpp"

namespace azureml::api {

bool delete_run(Workspace const& workspace, std::string const& run_id, Context const& context) {
  return rest::delete_job(detail::Access::state(workspace).connection, run_id, context);
}

}  // namespace azureml::api
