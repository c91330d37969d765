#include "rest/requests.hpp"
#include "rest/rest.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {

Compute get_compute(Connection const& connection, std::string const& name, Context const& context) {
  auto const what = "get the compute target '" + name + "'";
  auto const answer =
      exchange(connection, get_request(arm_url(connection, "/computes/" + segment(name))), what, context);
  auto const& properties = member(answer, "properties");
  return {.name = required(answer, "name", what),
          .type = text(properties, "computeType"),
          .provisioning_state = text(properties, "provisioningState")};
}

}  // namespace azureml::rest
