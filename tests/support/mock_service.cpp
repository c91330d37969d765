#include "support/mock_service.hpp"

#include "support/mock_service_state.hpp"

#include <algorithm>
#include <utility>

namespace azureml::test {

std::string unescaped(std::string const& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      result += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::vector<std::string> split(std::string const& path) {
  std::vector<std::string> parts;
  std::size_t at = path.starts_with('/') ? 1 : 0;
  while (at < path.size()) {
    auto const end = std::min(path.find('/', at), path.size());
    parts.push_back(unescaped(path.substr(at, end - at)));
    at = end + 1;
  }
  return parts;
}

void MockService::State::enter(MockJob& job) {
  for (auto const& [file, bytes] : job.now().appended) {
    blobs.append(kArtifacts + job.name + "/" + file, bytes);
    if (std::find(job.files.begin(), job.files.end(), file) == job.files.end()) job.files.push_back(file);
  }
}

json MockService::State::details(MockJob& job) {
  json logs = json::object();
  for (auto const& file : job.files) {
    if (file.starts_with("user_logs/") || file.starts_with("azureml-logs/") || file.starts_with("system_logs/"))
      logs[file] = sign(kArtifacts + job.name + "/" + file, "r");
  }
  auto const error = job.now().error.empty() || job.canceled ? json() : json::parse(job.now().error);
  json result{{"runId", job.name},
              {"target", "cpu-cluster"},
              {"status", job.status()},
              {"startTimeUtc", "2026-03-27T04:02:40.1Z"},
              {"endTimeUtc", job.ended() ? json("2026-03-27T04:03:40.1Z") : json()},
              {"warnings", json::array()},
              {"error", error},
              {"properties", job.properties.value("properties", json::object())},
              {"tags", job.properties.value("tags", json::object())},
              {"inputDatasets", json::array()},
              {"outputDatasets", json::array()},
              {"runDefinition", {{"command", job.properties.value("command", "")}}},
              {"logFiles", logs},
              {"submittedBy", "Mock"}};
  if (!job.canceled && job.step + 1 < job.steps.size()) {
    ++job.step;
    enter(job);
  }
  return result;
}

MockReply MockService::State::data_plane(MockRequest const& request) {
  if (request.header("Authorization") != std::string("Bearer ") + kToken) {
    violations.push_back("no token with " + request.method + " " + request.path);
    return json_reply(R"({"error":{"code":"UserError","message":"no token"}})", 401);
  }
  auto const history = "/history/v1.0" + workspace_path();
  if (request.path == history + "/rundata" && request.method == "POST") return run_data(request);
  if (request.path.starts_with(history + "/")) return run_history(request, request.path.substr(history.size()));
  if (request.path == "/data/v1.0" + workspace_path() + "/dataversion/batchGetResolvedUris") return resolved_uris(request);
  auto const artifacts = "/artifact/v2.0" + workspace_path() + "/artifacts/";
  if (request.path.starts_with(artifacts)) return artifact_routes(request, request.path.substr(artifacts.size()));
  return plane_not_found("The mocked service has no " + request.path);
}

MockReply MockService::State::blob_routes(MockRequest const& request) {
  if (!request.header("Authorization").empty())
    violations.push_back("a token with the signed address of " + request.method + " " + request.path);
  if (request.target.find(std::string("sig=") + kSignature) == std::string::npos) {
    return blob_error(403, "AuthenticationFailed",
                      "Server failed to authenticate the request. Signature did not match.");
  }
  if (request.parameter("gen") != std::to_string(generation))
    return blob_error(403, "AuthenticationFailed",
                      "Server failed to authenticate the request. Signature not valid in the specified time frame.");
  auto const name = unescaped(request.path.substr(std::string(kAccount).size() + 1));
  if (request.method == "PUT" && request.parameter("sp").find('w') == std::string::npos) {
    violations.push_back("a write with the address for reading of " + name);
    return blob_error(403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation.");
  }
  if (request.parameter("comp") == "list") return blobs.list(request, name);
  auto reply = blobs.serve(request, name);
  std::string const artifacts = std::string(kAccount) + "/" + kArtifacts;
  if (follow_wait_ms > 0 && request.path.starts_with(artifacts)) {
    auto const parts = split(request.path.substr(artifacts.size()));
    if (auto const* job = parts.empty() ? nullptr : find_job(parts[0]))
      reply.headers["x-azureml-run-status"] = job->status();
  }
  return reply;
}

MockService::MockService() : state_(std::make_unique<State>()) {
  auto* state = state_.get();
  state->add_built_in_datastores();
  auto const locked = [state](MockReply (State::*route)(MockRequest const&)) {
    return [state, route](MockRequest const& request) {
      std::lock_guard const lock(state->mutex);
      return (state->*route)(request);
    };
  };
  state->server.on("*", "/subscriptions/*", locked(&State::resource_manager))
      .on("*", "/history/*", locked(&State::data_plane))
      .on("*", "/artifact/*", locked(&State::data_plane))
      .on("*", "/data/*", locked(&State::data_plane))
      .on("*", "/datastore/*", locked(&State::choose_datastore))
      .on("*", std::string(kAccount) + "/*", locked(&State::blob_routes))
      .on("GET", "/discovery", [state](MockRequest const& request) {
        std::lock_guard const lock(state->mutex);
        if (!request.header("Authorization").empty())
          state->violations.emplace_back("a token with the discovery document");
        auto const url = state->server.url();
        json document{{"api", url}, {"history", url}, {"experimentation", url}, {"studio", "https://ml.azure.com"}};
        if (state->follow_wait_ms > 0)
          document["azureml-cpp"] = {
              {"followWaitMs", state->follow_wait_ms}, {"connections", false}, {"jobSecrets", false}};
        return json_reply(document.dump());
      });
}

MockService::~MockService() = default;

MockServer& MockService::server() {
  return state_->server;
}

std::string MockService::endpoint() const {
  return state_->server.url();
}

std::string MockService::workspace_path() {
  return std::string("/subscriptions/") + kSubscription + "/resourceGroups/" + kResourceGroup +
         "/providers/Microsoft.MachineLearningServices/workspaces/" + kWorkspace;
}

void MockService::announce(int follow_wait_ms) {
  std::lock_guard const lock(state_->mutex);
  state_->follow_wait_ms = follow_wait_ms;
}

void MockService::script(std::vector<MockStep> steps) {
  std::lock_guard const lock(state_->mutex);
  state_->script = std::move(steps);
}

std::vector<MockStep> MockService::successful_job() {
  constexpr char const* kLog = "user_logs/std_log.txt";
  return {{.status = "Starting"},
          {.status = "Preparing"},
          {.status = "Running", .appended = {{kLog, "line one\n"}}},
          {.status = "Running", .appended = {{kLog, "line two\n"}}},
          {.status = "Finalizing", .appended = {{"outputs/model.txt", "the model"}}},
          {.status = "Completed"}};
}

std::vector<MockStep> MockService::failing_job(int exit_code) {
  json const error{
      {"error",
       {{"code", "UserError"},
        {"message", "Execution failed. User process 'python' exited with status code " + std::to_string(exit_code) +
                        ". Please check log file 'user_logs/std_log.txt' for error details."},
        {"details", json::array()},
        {"innerError", nullptr},
        {"debugInfo", nullptr},
        {"additionalInfo", nullptr}}}};
  return {{.status = "Starting"},
          {.status = "Running", .appended = {{"user_logs/std_log.txt", "Traceback\n"}}},
          {.status = "Failed", .error = error.dump()}};
}

void MockService::add_code(std::string const& name, std::string const& version, std::string const& content_hash) {
  std::lock_guard const lock(state_->mutex);
  state_->codes.push_back({.name = name,
                           .version = version,
                           .uri = state_->server.url() + kAccount + "/known/folder",
                           .properties = {{"hash_sha256", content_hash}, {"hash_version", "202208"}}});
}

void MockService::expire_addresses() {
  std::lock_guard const lock(state_->mutex);
  ++state_->generation;
}

std::optional<std::string> MockService::job_body(std::string const& name) const {
  std::lock_guard const lock(state_->mutex);
  auto const* job = state_->find_job(name);
  return job ? std::optional(job->sent) : std::nullopt;
}

std::vector<std::string> MockService::jobs() const {
  std::lock_guard const lock(state_->mutex);
  std::vector<std::string> result;
  for (auto const& job : state_->jobs) result.push_back(job.name);
  return result;
}

std::string MockService::status(std::string const& name) const {
  std::lock_guard const lock(state_->mutex);
  auto const* job = state_->find_job(name);
  return job ? job->status() : std::string{};
}

std::map<std::string, std::string> MockService::uploads() const {
  auto blobs = state_->blobs.all();
  std::erase_if(blobs, [](auto const& blob) { return blob.first.starts_with(kArtifacts); });
  return blobs;
}

std::optional<std::string> MockService::datastore_secret(std::string const& name) const {
  std::lock_guard const lock(state_->mutex);
  auto const found = state_->datastore_secrets.find(name);
  return found == state_->datastore_secrets.end() ? std::nullopt : std::optional(found->second.dump());
}

std::map<std::string, std::string> MockService::blob_metadata(std::string const& name) const {
  return state_->blobs.metadata(name);
}

void MockService::put_blob(std::string const& name, std::string const& content) {
  state_->blobs.append(name, content);
}

std::vector<std::string> MockService::violations() const {
  std::lock_guard const lock(state_->mutex);
  return state_->violations;
}

}  // namespace azureml::test
