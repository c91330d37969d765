#include "support/mock_service_state.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace azureml::test {

namespace {

std::string const kOrigin = "ExperimentRun/dcid.";

/// Removes `beginning` from the front; false when it is not there.
bool take(std::string& text, std::string const& beginning) {
  if (!text.starts_with(beginning)) return false;
  text.erase(0, beginning.size());
  return true;
}

bool has(std::vector<std::string> const& list, std::string const& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

MockReply plane_not_found(std::string const& message) {
  return json_reply(json{{"error",
                          {{"code", "UserError"},
                           {"severity", nullptr},
                           {"message", message},
                           {"details", json::array()},
                           {"innerError", {{"code", "NotFoundError"}, {"innerError", nullptr}}},
                           {"debugInfo", nullptr},
                           {"additionalInfo", nullptr}}},
                         {"correlation", {{"operation", "o"}, {"request", "r"}}},
                         {"componentName", "RunHistory"}}
                        .dump(),
                    404);
}

json MockService::State::content_information(MockJob const& job, std::string const& path,
                                             std::string const& permissions) const {
  std::string escaped;
  constexpr char const* kDigits = "0123456789ABCDEF";
  for (char const c : path) {
    auto const byte = static_cast<unsigned char>(c);
    bool const bare = (std::isalnum(byte) != 0 && byte < 0x80) || std::string("-._~/").find(c) != std::string::npos;
    if (bare)
      escaped += c;
    else
      escaped += std::string("%") + kDigits[byte >> 4] + kDigits[byte & 15U];
  }
  return {{"contentUri", sign(kArtifacts + job.name + "/" + escaped, permissions)},
          {"origin", "ExperimentRun"},
          {"container", "dcid." + job.name},
          {"path", path},
          {"tags", nullptr}};
}

MockReply MockService::State::artifact_routes(MockRequest const& request, std::string const& path) {
  // Operations are named before the container (with the file's name behind it) or behind it (with its name in the
  // query).
  auto rest = path;
  bool const reads = take(rest, "contentinfo/"), writes = take(rest, "write/");
  if (!take(rest, kOrigin)) return plane_not_found("The mocked service has no " + request.path);
  auto const slash = std::min(rest.find('/'), rest.size());
  auto* job = find_job(unescaped(rest.substr(0, slash)));
  if (!job) return plane_not_found("No such run");
  auto const operation = rest.substr(slash);
  if (reads || writes) {
    auto const name = unescaped(operation.substr(std::min<std::size_t>(1, operation.size())));
    if (!has(job->files, name)) return plane_not_found("Artifact not found: " + name);
    return json_reply(content_information(*job, name, writes ? "w" : "r").dump());
  }
  if (operation.empty() && request.method == "GET") return artifact_page(request, *job, false);
  if (operation == "/prefix/contentinfo" && request.method == "GET") return artifact_page(request, *job, true);
  if (operation == "/batch/metadata" && request.method == "POST") return create_artifacts(request, *job);
  return plane_not_found("The mocked service has no " + request.path);
}

MockReply MockService::State::artifact_page(MockRequest const& request, MockJob const& job, bool with_addresses) {
  auto const prefix = request.parameter("path");
  std::vector<std::string> names;
  for (auto const& file : job.files) {
    if (file.starts_with(prefix)) names.push_back(file);
  }
  // The first page is empty: clients have to follow the token whatever a page holds.
  auto const token = request.parameter("continuationToken");
  auto const begin = token.empty() ? names.size() : std::stoul(token.substr(2));
  auto const end = std::min(begin + artifact_page_size, names.size());
  json value = json::array();
  for (auto at = begin; at < end; ++at) {
    value.push_back(with_addresses ? content_information(job, names[at], "r")
                                   : json{{"artifactId", kOrigin + job.name + "/" + names[at]},
                                          {"origin", "ExperimentRun"},
                                          {"container", "dcid." + job.name},
                                          {"path", names[at]},
                                          {"etag", "\"1\""},
                                          {"createdTime", kCreated},
                                          {"dataPath", nullptr},
                                          {"tags", json::object()}});
  }
  auto const next = token.empty() ? 0 : end;
  return json_reply(json{
      {"value", value},
      {"continuationToken", next < names.size() ? json("t/" + std::to_string(next)) : json()},
      {"nextLink",
       nullptr}}.dump(-1, ' ', false, json::error_handler_t::replace));
}

MockReply MockService::State::create_artifacts(MockRequest const& request, MockJob& job) {
  auto const body = json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains("paths") || !body["paths"].is_array())
    return json_reply(R"({"error":{"code":"UserError","message":"paths are required"}})", 400);
  if (body["paths"].size() > 50) violations.push_back("more than 50 files made by one request");
  json artifacts = json::object(), information = json::object(), errors = json::object();
  for (auto const& item : body["paths"]) {
    auto const path = item.value("path", "");
    if (has(job.files, path)) {
      errors[path] = {
          {"error",
           {{"code", "UserError"},
            {"message", "Resource Conflict: ArtifactId " + kOrigin + job.name + "/" + path + " already exists."},
            {"innerError", {{"code", "ConflictError"}, {"innerError", nullptr}}}}}};
      continue;
    }
    job.files.push_back(path);
    artifacts[path] = {{"artifactId", kOrigin + job.name + "/" + path}, {"path", path}};
    information[path] = content_information(job, path, "w");
  }
  return json_reply(
      json{{"artifacts", artifacts}, {"artifactContentInformation", information}, {"errors", errors}}.dump());
}

MockReply MockService::State::run_data(MockRequest const& request) {
  auto const body = json::parse(request.body, nullptr, false);
  auto const* job = body.is_object() ? find_job(body.value("runId", "")) : nullptr;
  if (!job) return plane_not_found("No such run");
  json outputs = json::object();
  for (auto const& [id, uri] : assets) {
    // An output that became an asset: `{run}/{output}` → the asset's id.
    if (id.starts_with(job->name + "/"))
      outputs[id.substr(job->name.size() + 1)] = {{"assetId", uri}, {"type", "uri_folder"}};
  }
  return json_reply(json{
      {"runMetadata", {{"runId", job->name}, {"status", job->status()}, {"outputs", outputs}}},
      {"runDefinition", nullptr},
      {"jobSpecification", nullptr},
      {"systemSettings",
       nullptr}}.dump());
}

MockReply MockService::State::resolved_uris(MockRequest const& request) {
  auto const body = json::parse(request.body, nullptr, false);
  json values = json::object();
  for (auto const& id : body.value("values", json::array())) {
    auto const found = assets.find(id.get<std::string>());
    if (found != assets.end())
      values[found->first] = {{"uri", found->second}, {"type", "UriFolder"}, {"legacyDatasetType", nullptr}};
  }
  return json_reply(json{{"values", values}}.dump());
}

void MockService::add_job(std::string const& name, std::string const& properties, std::vector<MockStep> steps) {
  std::lock_guard const lock(state_->mutex);
  if (steps.empty()) steps = {{.status = "Completed"}};
  state_->jobs.push_back(
      {.name = name, .sent = {}, .properties = json::parse(properties), .steps = std::move(steps)});
  state_->enter(state_->jobs.back());
}

void MockService::add_file(std::string const& job, std::string const& path, std::string const& content) {
  std::lock_guard const lock(state_->mutex);
  state_->find_job(job)->files.push_back(path);
  state_->blobs.append(kArtifacts + job + "/" + path, content);
}

std::vector<std::string> MockService::files(std::string const& job) const {
  std::lock_guard const lock(state_->mutex);
  auto const* found = state_->find_job(job);
  return found ? found->files : std::vector<std::string>{};
}

std::optional<std::string> MockService::file(std::string const& job, std::string const& path) const {
  return state_->blobs.content(kArtifacts + job + "/" + path);
}

void MockService::artifacts_on_a_page(std::size_t count) {
  std::lock_guard const lock(state_->mutex);
  state_->artifact_page_size = count;
}

void MockService::add_asset(std::string const& id, std::string const& uri) {
  std::lock_guard const lock(state_->mutex);
  state_->assets[id] = uri;
}

}  // namespace azureml::test
