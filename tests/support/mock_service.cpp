#include "support/mock_service.hpp"

#include "support/mock_blobs.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

namespace azureml::test {

namespace {

using nlohmann::json;

constexpr char const* kAccount = "/acct";
constexpr char const* kWorkspaceId = "8e7dad76-df37-472b-b882-0c1c58adfcf9";
constexpr char const* kArtifacts = "azureml/ExperimentRun/dcid.";
constexpr char const* kCreated = "2026-03-27T04:03:26.8690899+00:00";

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

json system_data() {
  return {{"createdAt", kCreated}, {"createdBy", "Mock"}, {"createdByType", "User"}, {"lastModifiedAt", kCreated}, {"lastModifiedBy", "Mock"}, {"lastModifiedByType", "User"}};
}

MockReply arm(json const& body, int status = 200) {
  auto reply = json_reply(body.dump(), status);
  reply.headers.insert({{"Cache-Control", "no-cache"}, {"x-ms-response-type", "standard"}, {"x-ms-correlation-request-id", "6e5ae296-0fc0-46e5-9b98-c83d52a27bac"}});
  return reply;
}

MockReply arm_error(int status, std::string const& code, std::string const& message, std::vector<std::string> const& inner = {}, json details = json::array()) {
  json inner_error;
  for (auto it = inner.rbegin(); it != inner.rend(); ++it) inner_error = {{"code", *it}, {"innerError", inner_error}};
  json const body{{"error",
                   {{"code", code},
                    {"message", message},
                    {"details", std::move(details)},
                    {"additionalInfo",
                     json::array({{{"type", "ComponentName"}, {"info", {{"value", "managementfrontend"}}}}, {{"type", "InnerError"}, {"info", {{"value", inner_error}}}}})}}}};
  auto reply = json_reply(body.dump(2), status);
  reply.headers.insert({{"x-ms-response-type", "error"}, {"x-ms-correlation-request-id", "4ef8348d-32cf-4266-a925-0122a386bd67"}});
  return reply;
}

/// The members the service's schema has for the body of each resource; another one is a 400.
std::set<std::string> const kJobMembers{"jobType",   "command",     "environmentId", "codeId",        "computeId",    "componentId",          "displayName",
                                        "description", "experimentName", "tags",     "properties",    "environmentVariables", "inputs",       "outputs",
                                        "distribution", "resources", "limits",       "queueSettings", "identity",     "services",             "notificationSetting", "isArchived"};
std::set<std::string> const kEnvironmentMembers{"image", "build", "condaFile", "osType", "description", "tags", "properties", "isAnonymous", "isArchived", "autoRebuild", "inferenceConfig", "stage"};
std::set<std::string> const kCodeMembers{"codeUri", "description", "tags", "properties", "isAnonymous", "isArchived"};

/// The reply to a body that cannot be; nothing when it is well-formed.
std::optional<MockReply> fault_of(MockRequest const& request, json const& body, std::set<std::string> const& members, char const* type) {
  if (request.header("Content-Type").find("application/json") == std::string::npos) return arm_error(415, "UnsupportedMediaType", "The content type is not JSON.");
  if (!body.is_object() || !body.contains("properties") || !body["properties"].is_object()) return arm_error(400, "UserError", "Request is invalid and/or missing fields.", {"RequestInvalid"});
  for (auto const& [name, value] : body["properties"].items()) {
    if (members.contains(name)) continue;
    return arm_error(400, "UserError", "Request is invalid and/or missing fields.", {"RequestInvalid"},
                     json::array({{{"code", "RequestInvalid"}, {"message", "Could not find member '" + name + "' on object of type '" + type + "'."}, {"details", json::array()}, {"additionalInfo", json::array()}}}));
  }
  return {};
}

}  // namespace

struct MockService::State {
  struct Code {
    std::string name{}, version{}, uri{};
    json properties{};
  };
  struct MockJob {
    std::string name{}, sent{};
    json properties{};
    std::vector<MockStep> steps{};
    std::size_t step = 0;
    std::vector<std::string> files{};
    bool canceled = false;

    [[nodiscard]] MockStep const& now() const { return steps.at(step); }
    [[nodiscard]] bool ended() const { return canceled || now().status == "Completed" || now().status == "Failed" || now().status == "Canceled"; }
    [[nodiscard]] std::string status() const { return canceled ? "Canceled" : now().status; }
  };

  mutable std::mutex mutex{};
  MockBlobs blobs{};
  int follow_wait_ms = 0;
  int containers = 0, generation = 1;
  std::vector<MockStep> script = successful_job();
  std::vector<Code> codes{};
  std::map<std::string, json> environments{};
  std::vector<MockJob> jobs{};
  std::vector<std::string> violations{};
  MockServer server{};  ///< Last: its threads use all of the above.

  [[nodiscard]] std::string sign(std::string const& blob, std::string const& permissions) const {
    return server.url() + kAccount + "/" + blob + "?sv=2021-12-02&sr=c&gen=" + std::to_string(generation) + "&sp=" + permissions + "&sig=" + kSignature;
  }
  MockJob* find_job(std::string const& name) {
    auto const found = std::find_if(jobs.begin(), jobs.end(), [&](MockJob const& job) { return job.name == name; });
    return found == jobs.end() ? nullptr : &*found;
  }

  MockReply resource_manager(MockRequest const& request);
  MockReply code_routes(MockRequest const& request, std::vector<std::string> const& parts);
  MockReply environment_routes(MockRequest const& request, std::vector<std::string> const& parts);
  MockReply job_routes(MockRequest const& request, std::vector<std::string> const& parts);
  MockReply put_job(MockRequest const& request, std::string const& name);
  MockReply other_routes(std::vector<std::string> const& parts, MockRequest const& request) const;
  MockReply data_plane(MockRequest const& request);
  MockReply blob_routes(MockRequest const& request);
  void enter(MockJob& job);
  [[nodiscard]] json job_resource(MockJob const& job) const;
  [[nodiscard]] json code_resource(Code const& code) const;
  json details(MockJob& job);
};

json MockService::State::code_resource(Code const& code) const {
  return {{"id", workspace_path() + "/codes/" + code.name + "/versions/" + code.version},
          {"name", code.version},
          {"type", "Microsoft.MachineLearningServices/workspaces/codes/versions"},
          {"properties",
           {{"description", nullptr}, {"tags", json::object()}, {"properties", code.properties}, {"isArchived", false}, {"isAnonymous", false}, {"codeUri", code.uri}, {"provisioningState", "Succeeded"}}},
          {"systemData", system_data()}};
}

json MockService::State::job_resource(MockJob const& job) const {
  json properties = job.properties;
  properties["status"] = job.status();
  properties.emplace("displayName", job.name);
  properties.emplace("experimentName", "Default");
  for (auto const* name : {"description", "parentJobName", "componentId", "identity", "notificationSetting", "codeId", "computeId", "distribution", "limits"}) properties.emplace(name, nullptr);
  for (auto const* name : {"tags", "properties", "environmentVariables", "inputs", "parameters"}) properties.emplace(name, json::object());
  properties["services"] = {{"Tracking", {{"jobServiceType", "Tracking"}, {"endpoint", "azureml://mock/mlflow/v1.0" + workspace_path() + "?"}, {"port", nullptr}}},
                            {"Studio", {{"jobServiceType", "Studio"}, {"endpoint", "https://ml.azure.com/runs/" + job.name + "?wsid=" + workspace_path()}, {"port", nullptr}}}};
  properties["outputs"]["default"] = {{"description", nullptr}, {"uri", "azureml://datastores/workspaceartifactstore/ExperimentRun/dcid." + job.name}, {"assetName", nullptr}, {"mode", "ReadWriteMount"}, {"jobOutputType", "uri_folder"}};
  return {{"id", workspace_path() + "/jobs/" + job.name}, {"name", job.name}, {"type", "Microsoft.MachineLearningServices/workspaces/jobs"}, {"properties", std::move(properties)}, {"systemData", system_data()}};
}

void MockService::State::enter(MockJob& job) {
  for (auto const& [file, bytes] : job.now().appended) {
    blobs.append(kArtifacts + job.name + "/" + file, bytes);
    if (std::find(job.files.begin(), job.files.end(), file) == job.files.end()) job.files.push_back(file);
  }
}

MockReply MockService::State::resource_manager(MockRequest const& request) {
  if (request.header("Authorization") != std::string("Bearer ") + kToken) {
    violations.push_back("no token with " + request.method + " " + request.path);
    return arm_error(401, "InvalidAuthenticationToken", "The access token is invalid.");
  }
  if (request.parameter("api-version").empty()) return arm_error(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.");
  auto const workspace = workspace_path();
  if (!request.path.starts_with(workspace) || (request.path.size() > workspace.size() && request.path[workspace.size()] != '/')) {
    return arm_error(404, "ResourceNotFound", "The Resource 'Microsoft.MachineLearningServices/workspaces/x' under resource group 'y' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix");
  }
  auto const parts = split(request.path.substr(workspace.size()));
  if (!parts.empty() && parts[0] == "codes") return code_routes(request, parts);
  if (!parts.empty() && parts[0] == "environments") return environment_routes(request, parts);
  if (!parts.empty() && parts[0] == "jobs") return job_routes(request, parts);
  return other_routes(parts, request);
}

MockReply MockService::State::other_routes(std::vector<std::string> const& parts, MockRequest const& request) const {
  auto const id = workspace_path();
  if (request.method != "GET") return arm_error(405, "MethodNotAllowed", "Not a GET.");
  if (parts.empty()) {
    return arm({{"id", id}, {"name", kWorkspace}, {"type", "Microsoft.MachineLearningServices/workspaces"}, {"location", "eastus2"}, {"tags", json::object()}, {"etag", nullptr},
                {"properties", {{"friendlyName", kWorkspace}, {"containerRegistry", nullptr}, {"provisioningState", "Succeeded"}, {"workspaceId", kWorkspaceId}, {"discoveryUrl", server.url() + "/discovery"},
                                {"mlFlowTrackingUri", "azureml://mock/mlflow/v1.0" + id}}},
                {"sku", {{"name", "Basic"}, {"tier", "Basic"}}}, {"systemData", system_data()}});
  }
  if (parts[0] == "computes" && parts.size() == 2) {
    if (parts[1] != "cpu-cluster") return arm_error(404, "UserError", "Compute " + parts[1] + " not found.", {"NotFound", "ComputeNotFound"});
    return arm({{"id", id + "/computes/cpu-cluster"}, {"name", "cpu-cluster"}, {"location", "eastus2"}, {"properties", {{"computeType", "AmlCompute"}, {"provisioningState", "Succeeded"}, {"provisioningErrors", nullptr}, {"properties", {{"vmSize", "STANDARD_DS2_V2"}}}}}});
  }
  auto const datastore = [&](std::string const& name, bool is_default) {
    return json{{"id", id + "/datastores/" + name}, {"name", name}, {"type", "Microsoft.MachineLearningServices/workspaces/datastores"},
                {"properties", {{"description", nullptr}, {"tags", nullptr}, {"properties", nullptr}, {"isDefault", is_default}, {"credentials", {{"credentialsType", "AccountKey"}}}, {"datastoreType", "AzureBlob"}, {"accountName", "acct"}, {"containerName", "azureml-blobstore"}, {"endpoint", "core.windows.net"}, {"protocol", "https"}}},
                {"systemData", system_data()}};
  };
  if (parts[0] == "datastores" && parts.size() == 1) {
    json value = json::array({datastore("workspaceblobstore", true)});
    if (request.parameter("isDefault").empty()) value.push_back(datastore("workspaceartifactstore", false));
    return arm({{"value", value}});
  }
  if (parts[0] == "datastores" && parts.size() == 2) {
    if (parts[1] == "workspaceblobstore" || parts[1] == "workspaceartifactstore") return arm(datastore(parts[1], parts[1] == "workspaceblobstore"));
    return arm_error(404, "UserError", "Datastore " + parts[1] + " not found.", {"NotFound"});
  }
  return arm_error(501, "NotImplemented", "The mocked service has no " + request.path);
}

MockReply MockService::State::code_routes(MockRequest const& request, std::vector<std::string> const& parts) {
  if (parts.size() == 3 && parts[2] == "versions" && request.method == "GET") {
    json value = json::array();
    for (auto const& code : codes) {
      if (request.parameter("hashVersion") == "202208" && code.properties.value("hash_sha256", "") == request.parameter("hash")) value.push_back(code_resource(code));
    }
    return arm({{"value", value}});
  }
  if (parts.size() == 5 && parts[4] == "startPendingUpload" && request.method == "POST") {
    if (json::parse(request.body, nullptr, false) != json{{"pendingUploadType", "TemporaryBlobReference"}}) return arm_error(400, "UserError", "Request is invalid and/or missing fields.");
    auto const container = std::string(kWorkspaceId) + "-" + std::to_string(++containers);
    auto const uri = server.url() + kAccount + "/" + container;
    return arm({{"blobReferenceForConsumption", {{"blobUri", uri}, {"storageAccountArmId", "/subscriptions/x/storageAccounts/acct"}, {"credential", {{"credentialType", "SAS"}, {"sasUri", sign(container, "rcwl")}}}}},
                {"pendingUploadId", "3b89232a-f722-4394-8e56-0e79e8fd118a"}, {"pendingUploadType", "None"}});
  }
  if (parts.size() != 4) return arm_error(501, "NotImplemented", "The mocked service has no " + request.path);
  auto const found = std::find_if(codes.begin(), codes.end(), [&](Code const& code) { return code.name == parts[1] && code.version == parts[3]; });
  if (request.method == "GET") return found == codes.end() ? arm_error(404, "UserError", "Code " + parts[1] + " not found.", {"NotFoundError"}) : arm(code_resource(*found));
  auto const body = json::parse(request.body, nullptr, false);
  if (auto fault = fault_of(request, body, kCodeMembers, "CodeVersion")) return *fault;
  auto const& properties = body["properties"];
  Code code{.name = parts[1], .version = parts[3], .uri = properties.value("codeUri", ""), .properties = properties.value("properties", json::object())};
  auto const folder = unescaped(code.uri.substr(std::min(code.uri.size(), (server.url() + kAccount + "/").size())));
  auto const uploaded = blobs.all();
  if (std::none_of(uploaded.begin(), uploaded.end(), [&](auto const& blob) { return blob.first.starts_with(folder + "/"); })) violations.push_back("code at " + code.uri + " has no files");
  if (found != codes.end() && found->uri != code.uri) return arm_error(400, "UserError", "Asset paths cannot be updated.");
  bool const is_new = found == codes.end();
  if (is_new) codes.push_back(code);
  return arm(code_resource(code), is_new ? 201 : 200);
}

MockReply MockService::State::environment_routes(MockRequest const& request, std::vector<std::string> const& parts) {
  if (parts.size() != 4) return arm_error(501, "NotImplemented", "The mocked service has no " + request.path);
  auto const id = workspace_path() + "/environments/" + parts[1] + "/versions/" + parts[3];
  if (request.method == "GET") return environments.contains(id) ? arm(environments.at(id)) : arm_error(404, "UserError", "Environment not found.", {"NotFoundError"});
  auto const body = json::parse(request.body, nullptr, false);
  if (auto fault = fault_of(request, body, kEnvironmentMembers, "EnvironmentVersion")) return *fault;
  json properties = body["properties"];
  if (!properties.contains("image") && !properties.contains("build")) return arm_error(400, "UserError", "Either image or build must be given.");
  properties.update({{"environmentType", "UserCreated"}, {"osType", "Linux"}, {"autoRebuild", "Disabled"}, {"provisioningState", "Succeeded"}, {"stage", "Logged"}, {"properties", {{"azureml.labels", ""}}}});
  environments[id] = {{"id", id}, {"name", parts[3]}, {"type", "Microsoft.MachineLearningServices/workspaces/environments/versions"}, {"properties", properties}, {"systemData", system_data()}};
  return arm(environments[id], 201);
}

MockReply MockService::State::put_job(MockRequest const& request, std::string const& name) {
  auto const body = json::parse(request.body, nullptr, false);
  if (auto fault = fault_of(request, body, kJobMembers, "CommandJob")) return *fault;
  auto const& properties = body["properties"];
  if (properties.value("jobType", "") != "Command" || properties.value("command", "").empty() || properties.value("environmentId", "").empty()) return arm_error(400, "UserError", "Request is invalid and/or missing fields.", {"RequestInvalid"});
  auto const compute = properties.value("computeId", "");
  if (!compute.empty() && compute != workspace_path() + "/computes/cpu-cluster") return arm_error(400, "UserError", "Unknown compute target '" + compute.substr(compute.rfind('/') + 1) + "'.", {"BadArgument", "UnknownTargetType"});
  auto const code = properties.value("codeId", "");
  if (!code.empty() && std::none_of(codes.begin(), codes.end(), [&](Code const& one) { return code_resource(one)["id"] == code; })) violations.push_back("job " + name + " names the unknown code " + code);
  if (auto* job = find_job(name)) {
    if (job->properties.value("command", "") != properties.value("command", "")) return arm_error(409, "UserError", "The job " + name + " exists with another command.");
    return arm(job_resource(*job));
  }
  jobs.push_back({.name = name, .sent = request.body, .properties = properties, .steps = script});
  enter(jobs.back());
  auto reply = arm(job_resource(jobs.back()), 201);
  reply.headers["Location"] = server.url() + request.target;
  return reply;
}

MockReply MockService::State::job_routes(MockRequest const& request, std::vector<std::string> const& parts) {
  if (parts.size() == 1 && request.method == "GET") {
    // Newest first, two on a page, the position in an opaque token.
    auto const skip = request.parameter("$skip");
    auto const begin = skip.starts_with("opaque-") ? std::stoul(skip.substr(7)) : 0;
    json value = json::array();
    for (auto i = begin; i < jobs.size() && i < begin + 2; ++i) value.push_back(job_resource(jobs[jobs.size() - 1 - i]));
    json page{{"value", value}};
    if (begin + 2 < jobs.size()) page["nextLink"] = server.url() + workspace_path() + "/jobs?api-version=2024-04-01&$skip=opaque-" + std::to_string(begin + 2);
    return arm(page);
  }
  if (parts.size() < 2) return arm_error(405, "MethodNotAllowed", "Not for the list of jobs.");
  if (request.method == "PUT" && parts.size() == 2) return put_job(request, parts[1]);
  auto* job = find_job(parts[1]);
  if (!job) return arm_error(404, "UserError", "Job " + parts[1] + " not found.", {"NotFound", "JobNotFound"});
  if (request.method == "GET" && parts.size() == 2) return arm(job_resource(*job));
  if (request.method == "POST" && parts.size() == 3 && parts[2] == "cancel") {
    if (request.header("Content-Length") != "0") violations.push_back("cancel without Content-Length: 0");
    if (job->ended()) return {.status = 200};
    job->canceled = true;
    return {.status = 202, .headers = {{"Location", server.url() + "/operations/jc:" + job->name}, {"Retry-After", "1"}}};
  }
  return arm_error(501, "NotImplemented", "The mocked service has no " + request.path);
}

json MockService::State::details(MockJob& job) {
  json logs = json::object();
  for (auto const& file : job.files) {
    if (file.starts_with("user_logs/") || file.starts_with("azureml-logs/") || file.starts_with("system_logs/")) logs[file] = sign(kArtifacts + job.name + "/" + file, "r");
  }
  auto const error = job.now().error.empty() || job.canceled ? json() : json::parse(job.now().error);
  json result{{"runId", job.name}, {"target", "cpu-cluster"}, {"status", job.status()}, {"startTimeUtc", "2026-03-27T04:02:40.1Z"}, {"endTimeUtc", job.ended() ? json("2026-03-27T04:03:40.1Z") : json()},
              {"warnings", json::array()}, {"error", error}, {"properties", job.properties.value("properties", json::object())}, {"tags", job.properties.value("tags", json::object())}, {"inputDatasets", json::array()}, {"outputDatasets", json::array()},
              {"runDefinition", {{"command", job.properties.value("command", "")}}}, {"logFiles", logs}, {"submittedBy", "Mock"}};
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
  auto const not_found = [](std::string const& message) {
    return json_reply(json{{"error", {{"code", "UserError"}, {"severity", nullptr}, {"message", message}, {"details", json::array()}, {"innerError", {{"code", "NotFoundError"}, {"innerError", nullptr}}}, {"debugInfo", nullptr}, {"additionalInfo", nullptr}}}, {"correlation", {{"operation", "o"}, {"request", "r"}}}, {"componentName", "RunHistory"}}.dump(), 404);
  };
  auto const history = "/history/v1.0" + workspace_path() + "/runs/";
  if (request.path.starts_with(history)) {
    auto const parts = split(request.path.substr(history.size()));
    auto* job = parts.size() == 2 && parts[1] == "details" ? find_job(parts[0]) : nullptr;
    return job ? json_reply(details(*job).dump()) : not_found("Run " + request.path.substr(history.size()) + " was not found");
  }
  auto const artifacts = "/artifact/v2.0" + workspace_path() + "/artifacts/";
  auto rest = request.path.starts_with(artifacts) ? unescaped(request.path.substr(artifacts.size())) : std::string{};
  bool const info = rest.starts_with("contentinfo/");
  if (info) rest = rest.substr(12);
  std::string const origin = "ExperimentRun/dcid.";
  if (!rest.starts_with(origin)) return not_found("The mocked service has no " + request.path);
  auto const slash = rest.find('/', origin.size());
  auto* job = find_job(rest.substr(origin.size(), slash - origin.size()));
  if (!job) return not_found("No such run");
  if (info) {
    auto const path = slash == std::string::npos ? std::string{} : rest.substr(slash + 1);
    if (std::find(job->files.begin(), job->files.end(), path) == job->files.end()) return not_found("Artifact not found: " + path);
    return json_reply(json{{"contentUri", sign(kArtifacts + job->name + "/" + path, "r")}, {"origin", "ExperimentRun"}, {"container", "dcid." + job->name}, {"path", path}, {"tags", nullptr}}.dump());
  }
  // One artifact on a page, after an empty first page: clients have to follow the token whatever a page holds.
  auto const token = request.parameter("continuationToken");
  auto const at = token.empty() ? std::string::npos : std::stoul(token.substr(2));
  json value = json::array();
  if (at < job->files.size()) {
    auto const& path = job->files[at];
    value.push_back({{"artifactId", origin + job->name + "/" + path}, {"origin", "ExperimentRun"}, {"container", "dcid." + job->name}, {"path", path}, {"etag", "\"1\""}, {"createdTime", kCreated}, {"dataPath", nullptr}, {"tags", json::object()}});
  }
  auto const next = at == std::string::npos ? 0 : at + 1;
  return json_reply(json{{"value", value}, {"continuationToken", next < job->files.size() ? json("t/" + std::to_string(next)) : json()}, {"nextLink", nullptr}}.dump());
}

MockReply MockService::State::blob_routes(MockRequest const& request) {
  if (!request.header("Authorization").empty()) violations.push_back("a token with the signed address of " + request.method + " " + request.path);
  if (request.target.find(std::string("sig=") + kSignature) == std::string::npos) {
    return blob_error(403, "AuthenticationFailed", "Server failed to authenticate the request. Signature did not match.");
  }
  if (request.parameter("gen") != std::to_string(generation)) return blob_error(403, "AuthenticationFailed", "Server failed to authenticate the request. Signature not valid in the specified time frame.");
  auto reply = blobs.serve(request, unescaped(request.path.substr(std::string(kAccount).size() + 1)));
  std::string const artifacts = std::string(kAccount) + "/" + kArtifacts;
  if (follow_wait_ms > 0 && request.path.starts_with(artifacts)) {
    auto const name = split(request.path.substr(artifacts.size()));
    if (auto const* job = name.empty() ? nullptr : find_job(name[0])) reply.headers["x-azureml-run-status"] = job->status();
  }
  return reply;
}

MockService::MockService() : state_(std::make_unique<State>()) {
  auto* state = state_.get();
  auto const locked = [state](MockReply (State::*route)(MockRequest const&)) {
    return [state, route](MockRequest const& request) {
      std::lock_guard const lock(state->mutex);
      return (state->*route)(request);
    };
  };
  state->server.on("*", "/subscriptions/*", locked(&State::resource_manager))
      .on("*", "/history/*", locked(&State::data_plane))
      .on("*", "/artifact/*", locked(&State::data_plane))
      .on("*", std::string(kAccount) + "/*", locked(&State::blob_routes))
      .on("GET", "/discovery", [state](MockRequest const& request) {
        std::lock_guard const lock(state->mutex);
        if (!request.header("Authorization").empty()) state->violations.emplace_back("a token with the discovery document");
        auto const url = state->server.url();
        json document{{"api", url}, {"history", url}, {"experimentation", url}, {"studio", "https://ml.azure.com"}};
        if (state->follow_wait_ms > 0) document["azureml-cpp"] = {{"followWaitMs", state->follow_wait_ms}, {"connections", false}, {"jobSecrets", false}};
        return json_reply(document.dump());
      });
}

MockService::~MockService() = default;

MockServer& MockService::server() { return state_->server; }

std::string MockService::endpoint() const { return state_->server.url(); }

std::string MockService::workspace_path() {
  return std::string("/subscriptions/") + kSubscription + "/resourceGroups/" + kResourceGroup + "/providers/Microsoft.MachineLearningServices/workspaces/" + kWorkspace;
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
  json const error{{"error", {{"code", "UserError"}, {"message", "Execution failed. User process 'python' exited with status code " + std::to_string(exit_code) + ". Please check log file 'user_logs/std_log.txt' for error details."},
                              {"details", json::array()}, {"innerError", nullptr}, {"debugInfo", nullptr}, {"additionalInfo", nullptr}}}};
  return {{.status = "Starting"}, {.status = "Running", .appended = {{"user_logs/std_log.txt", "Traceback\n"}}}, {.status = "Failed", .error = error.dump()}};
}

void MockService::add_code(std::string const& name, std::string const& version, std::string const& content_hash) {
  std::lock_guard const lock(state_->mutex);
  state_->codes.push_back({.name = name, .version = version, .uri = state_->server.url() + kAccount + "/known/folder", .properties = {{"hash_sha256", content_hash}, {"hash_version", "202208"}}});
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

std::vector<std::string> MockService::violations() const {
  std::lock_guard const lock(state_->mutex);
  return state_->violations;
}

}  // namespace azureml::test
