#include "rest/requests.hpp"
#include "rest/rest.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {

WorkspaceResource get_workspace(Connection const& connection, Context const& context) {
  constexpr std::string_view kWhat = "get the workspace";
  auto const answer = exchange(connection, get_request(arm_url(connection, "")), kWhat, context);
  auto const& properties = member(answer, "properties");
  return {.id = text(answer, "id"),
          .name = text(answer, "name"),
          .location = text(answer, "location"),
          .workspace_id = text(properties, "workspaceId"),
          .discovery_url = required(properties, "discoveryUrl", kWhat)};
}

}  // namespace azureml::rest
