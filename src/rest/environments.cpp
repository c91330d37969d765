#include "rest/requests.hpp"
#include "rest/rest.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {

std::string put_environment(Connection const& connection, core::JobEnvironment const& environment,
                            Context const& context) {
  auto const what = "register the environment '" + environment.name + ":" + environment.version + "'";
  Json properties{{"isAnonymous", environment.anonymous}};
  if (!environment.image.empty()) properties["image"] = environment.image;
  if (!environment.conda_file.empty()) properties["condaFile"] = environment.conda_file;
  auto const url =
      arm_url(connection, "/environments/" + segment(environment.name) + "/versions/" + segment(environment.version));
  auto const answer =
      exchange(connection, json_request("PUT", url, {{"properties", std::move(properties)}}), what, context);
  return required(answer, "id", what);
}

}  // namespace azureml::rest
