#include "core/make_error.hpp"
#include "rest/errors.hpp"
#include "rest/requests.hpp"
#include "rest/rest.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {

namespace {

constexpr std::size_t kReasonMax = 500;

/// `{api}/artifact/v2.0{workspace}/artifacts{before}/ExperimentRun/dcid.{run}{after}`
std::string artifacts_url(Connection const& connection, std::string const& api, std::string const& run_id,
                          std::string const& before, std::string const& after) {
  return plane_url(connection, api, "artifact/v2.0",
                   "/artifacts" + before + "/ExperimentRun/dcid." + segment(run_id) + after);
}

std::string query_of(std::string const& prefix, std::string const& continuation) {
  std::string query;
  if (!prefix.empty()) query += "?path=" + segment(prefix);
  if (!continuation.empty()) query += (query.empty() ? "?" : "&") + ("continuationToken=" + segment(continuation));
  return query;
}

/// A page and the token of the next one. @throws TransportError when the service would go round in circles
Json get_page(Connection const& connection, std::string const& url, std::string const& continuation,
              std::string const& what, Context const& context) {
  auto answer = exchange(connection, get_request(url), what, context);
  if (!continuation.empty() && text(answer, "continuationToken") == continuation)
    throw core::make_error<TransportError>("cannot " + what +
                                           ": the service names the page it has just given as the next one");
  return answer;
}

std::string uri_of(Connection const& connection, std::string const& url, std::string const& what,
                   Context const& context) {
  return required(exchange(connection, get_request(url), what, context), "contentUri", what);
}

/// The service writes the error itself or wraps it once more.
std::string reason_of(Json const& refused) {
  auto const& inner = member(refused, "error");
  auto const error = read_error_object(inner.is_object() ? inner : refused);
  auto const& words = error.message.empty() ? error.code : error.message;
  return words.empty() ? "the service gives no reason" : quotable(words, kReasonMax);
}

}  // namespace

Page<Artifact> list_artifacts(Connection const& connection, std::string const& api, std::string const& run_id,
                              std::string const& prefix, std::string const& continuation, Context const& context) {
  auto const url = artifacts_url(connection, api, run_id, "", query_of(prefix, continuation));
  auto const what = "list the files of run '" + run_id + "'";
  auto const answer = get_page(connection, url, continuation, what, context);
  Page<Artifact> page{.next = text(answer, "continuationToken")};
  for (auto const& artifact : required_list(answer, "value", what)) {
    if (auto path = text(artifact, "path"); !path.empty()) page.items.push_back({.path = std::move(path)});
  }
  return page;
}

Page<ArtifactAddress> list_artifact_addresses(Connection const& connection, std::string const& api,
                                              std::string const& run_id, std::string const& prefix,
                                              std::string const& continuation, Context const& context) {
  auto const url = artifacts_url(connection, api, run_id, "", "/prefix/contentinfo" + query_of(prefix, continuation));
  auto const what = "get the addresses of the files of run '" + run_id + "'";
  auto const answer = get_page(connection, url, continuation, what, context);
  Page<ArtifactAddress> page{.next = text(answer, "continuationToken")};
  for (auto const& artifact : required_list(answer, "value", what)) {
    auto path = text(artifact, "path");
    if (!path.empty()) page.items.push_back({.path = std::move(path), .uri = text(artifact, "contentUri")});
  }
  return page;
}

std::string get_artifact_uri(Connection const& connection, std::string const& api, std::string const& run_id,
                             std::string const& path, Context const& context) {
  auto const url = artifacts_url(connection, api, run_id, "/contentinfo", "/" + segments(path));
  return uri_of(connection, url, "get the address of file '" + path + "' of run '" + run_id + "'", context);
}

std::string get_artifact_write_uri(Connection const& connection, std::string const& api, std::string const& run_id,
                                   std::string const& path, Context const& context) {
  auto const url = artifacts_url(connection, api, run_id, "/write", "/" + segments(path));
  return uri_of(connection, url, "get an address for writing file '" + path + "' of run '" + run_id + "'", context);
}

CreatedArtifacts create_artifacts(Connection const& connection, std::string const& api, std::string const& run_id,
                                  std::vector<std::string> const& paths, Context const& context) {
  auto const what = "make files of run '" + run_id + "'";
  Json list = Json::array();
  for (auto const& path : paths) list.push_back({{"path", path}});
  auto const url = artifacts_url(connection, api, run_id, "", "/batch/metadata");
  auto const answer = exchange(connection, json_request("POST", url, {{"paths", std::move(list)}}), what, context);
  CreatedArtifacts result;
  for (auto const& path : paths) {
    auto uri = text(member(member(answer, "artifactContentInformation"), path.c_str()), "contentUri");
    if (!uri.empty())
      result.created.push_back({.path = path, .uri = std::move(uri)});
    else
      result.refused.emplace(path, reason_of(member(member(answer, "errors"), path.c_str())));
  }
  return result;
}

}  // namespace azureml::rest
