#include "rest/delete_job.hpp"

#include "rest/requests.hpp"

namespace azureml::rest {

bool delete_job(Connection const& connection, std::string const& name, Context const& context) {
  http::Request request{.method = "DELETE", .url = arm_url(connection, "/jobs/" + segment(name)), .idempotent = true};
  return send(connection, std::move(request), "delete run '" + name + "'", context).status != 204;
}

}  // namespace azureml::rest
