#include "engine/routes/artifact_common.hpp"
#include "engine/routes/files.hpp"
#include "engine/routes/services.hpp"
#include "engine/routes/tables.hpp"
#include "engine/routes/wire.hpp"

namespace azureml::engine::routes {
namespace {

constexpr std::size_t kPageSize = 500;

OpenedFile open_artifact(std::string const& run, std::string const& path, Services const& services) {
  auto file = open_beneath(services.home.artifacts(run), path);
  if (!file) throw not_found("The artifact '" + path + "' of the run " + run + " was not found.", {"NotFoundError", "ArtifactNotFound"});
  return *std::move(file);
}

/// A page of what `make` says of each file below the path; the continuation is the last name.
template <class Make>
Reply page_of(Request const& request, Services& services, Make const& make) {
  auto const run = run_of(request, services);
  auto const prefix = path_of(request);
  auto const token = request.query_value("continuationToken");
  auto const after = token.empty() ? std::optional<std::string>{std::string{}} : base::from_base64url(token);
  if (!after) throw bad_request("The continuation token is not one of this engine.");
  json body{{"value", json::array()}, {"continuationToken", nullptr}, {"nextLink", nullptr}};
  std::string last;
  walk_files(services.home.artifacts(run), prefix, *after, [&](std::string const& name) {
    // Names that no request could ask for are left out.
    if (!name_fault(name).empty()) return true;
    if (body["value"].size() == kPageSize) {
      body["continuationToken"] = base::to_base64url(last);
      return false;
    }
    if (auto item = make(run, name); !item.is_null()) body["value"].push_back(std::move(item));
    last = name;
    return true;
  });
  return json_reply(200, body);
}

Reply list(Request const& request, Services& services) {
  return page_of(request, services, [&](std::string const& run, std::string const& name) -> json {
    auto const file = open_beneath(services.home.artifacts(run), name);
    return file ? artifact(run, name, file->etag, file->modified) : json();
  });
}

Reply list_content_information(Request const& request, Services& services) {
  return page_of(request, services,
                 [&](std::string const& run, std::string const& name) { return content_information(run, name, "r", request, services); });
}

Reply metadata(Request const& request, Services& services) {
  auto const run = run_of(request, services);
  auto const path = checked_path(request);
  auto const file = open_artifact(run, path, services);
  return json_reply(200, artifact(run, path, file.etag, file.modified));
}

Reply content_info(Request const& request, Services& services) {
  auto const run = run_of(request, services);
  auto const path = checked_path(request);
  (void)open_artifact(run, path, services);
  return json_reply(200, content_information(run, path, "r", request, services));
}

Reply content(Request const& request, Services& services) {
  auto const run = run_of(request, services);
  auto const path = checked_path(request);
  auto const file = open_artifact(run, path, services);
  return {.headers = {{"Content-Type", "application/octet-stream"}, {"ETag", file.etag}},
          .file = FileRange{.file = file.file, .offset = 0, .length = file.size}};
}

}  // namespace

void add_artifact_routes(std::vector<Route>& table) {
  auto const add = [&](char const* operation, std::string const& pattern, std::function<Reply(Request const&, Services&)> handle) {
    table.push_back({.operation = operation, .method = "GET", .pattern = pattern, .plane = Plane::data, .handle = std::move(handle)});
  };
  std::string const plane = "/artifact/v2.0/{WS}/artifacts/";
  // One spelling names the path in the query, the other at the end of the address.
  std::string const in_query = plane + "{origin}/{container}";
  std::string const in_path = "/{origin}/{container}/{path...}";
  add("artifacts.list", in_query, list);
  add("artifacts.metadata", in_query + "/metadata", metadata);
  add("artifacts.content", in_query + "/content", content);
  add("artifacts.content_info", in_query + "/contentinfo", content_info);
  add("artifacts.prefix_content_info", in_query + "/prefix/contentinfo", list_content_information);
  add("artifacts.metadata", plane + "metadata" + in_path, metadata);
  add("artifacts.content", plane + "content" + in_path, content);
  add("artifacts.content_info", plane + "contentinfo" + in_path, content_info);
  add("artifacts.prefix_content_info", plane + "prefix/contentinfo" + in_path, list_content_information);
  add("artifacts.prefix_content_info", plane + "prefix/contentinfo/{origin}/{container}", list_content_information);
  for (std::string const run : {"/history/v1.0/{WS}/experiments/{experiment}/runs/{run}/artifacts", "/history/v1.0/{WS}/runs/{run}/artifacts"}) {
    add("run_artifacts.list", run, list);
    add("run_artifacts.list_by_path", run + "/path", list);
    add("run_artifacts.metadata", run + "/metadata", metadata);
    add("run_artifacts.content_info", run + "/contentinfo", content_info);
    add("run_artifacts.prefix_content_info", run + "/prefix/contentinfo", list_content_information);
    add("run_artifacts.artifact_uri", run + "/artifacturi", content_info);
  }
  add_artifact_writing_routes(table);
}

}  // namespace azureml::engine::routes
