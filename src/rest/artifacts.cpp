#include "rest/requests.hpp"
#include "rest/rest.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {

namespace {

constexpr std::string_view kPlane = "artifact/v2.0";

std::string container_of(std::string const& run_id) {
  return "/ExperimentRun/dcid." + segment(run_id);
}

}  // namespace

Page<Artifact> list_artifacts(Connection const& connection, std::string const& api, std::string const& run_id,
                              std::string const& continuation, Context const& context) {
  auto url = plane_url(connection, api, kPlane, "/artifacts" + container_of(run_id));
  if (!continuation.empty()) url += "?continuationToken=" + segment(continuation);
  auto const answer =
      exchange(connection, get_request(std::move(url)), "list the files of run '" + run_id + "'", context);
  Page<Artifact> page{.next = text(answer, "continuationToken")};
  for (auto const& artifact : member(answer, "value")) {
    if (auto path = text(artifact, "path"); !path.empty()) page.items.push_back({.path = std::move(path)});
  }
  return page;
}

std::string get_artifact_uri(Connection const& connection, std::string const& api, std::string const& run_id,
                             std::string const& path, Context const& context) {
  auto const what = "get the address of file '" + path + "' of run '" + run_id + "'";
  auto const url =
      plane_url(connection, api, kPlane, "/artifacts/contentinfo" + container_of(run_id) + "/" + segments(path));
  return required(exchange(connection, get_request(url), what, context), "contentUri", what);
}

}  // namespace azureml::rest
