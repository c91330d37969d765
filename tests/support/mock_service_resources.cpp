#include "support/mock_service_state.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace azureml::test {

json system_data() {
  return {{"createdAt", kCreated},      {"createdBy", "Mock"},      {"createdByType", "User"},
          {"lastModifiedAt", kCreated}, {"lastModifiedBy", "Mock"}, {"lastModifiedByType", "User"}};
}

MockReply arm(json const& body, int status) {
  auto reply = json_reply(body.dump(), status);
  reply.headers.insert({{"Cache-Control", "no-cache"},
                        {"x-ms-response-type", "standard"},
                        {"x-ms-correlation-request-id", "6e5ae296-0fc0-46e5-9b98-c83d52a27bac"}});
  return reply;
}

MockReply arm_error(int status, std::string const& code, std::string const& message,
                    std::vector<std::string> const& inner, json details) {
  json inner_error;
  for (auto it = inner.rbegin(); it != inner.rend(); ++it) inner_error = {{"code", *it}, {"innerError", inner_error}};
  json const body{
      {"error",
       {{"code", code},
        {"message", message},
        {"details", std::move(details)},
        {"additionalInfo", json::array({{{"type", "ComponentName"}, {"info", {{"value", "managementfrontend"}}}},
                                        {{"type", "InnerError"}, {"info", {{"value", inner_error}}}}})}}}};
  auto reply = json_reply(body.dump(2), status);
  reply.headers.insert(
      {{"x-ms-response-type", "error"}, {"x-ms-correlation-request-id", "4ef8348d-32cf-4266-a925-0122a386bd67"}});
  return reply;
}

namespace {

/// The members the service's schema has for the body of each resource; another one is a 400.
std::set<std::string> const kJobMembers{
    "jobType",     "command",     "environmentId",       "codeId",    "computeId",  "componentId",
    "displayName", "description", "experimentName",      "tags",      "properties", "environmentVariables",
    "inputs",      "outputs",     "distribution",        "resources", "limits",     "queueSettings",
    "identity",    "services",    "notificationSetting", "isArchived"};
std::set<std::string> const kEnvironmentMembers{"image",       "build",       "condaFile",       "osType",
                                                "description", "tags",        "properties",      "isAnonymous",
                                                "isArchived",  "autoRebuild", "inferenceConfig", "stage"};
std::set<std::string> const kCodeMembers{"codeUri", "description", "tags", "properties", "isAnonymous", "isArchived"};

}  // namespace

std::optional<MockReply> fault_of(MockRequest const& request, json const& body, std::set<std::string> const& members,
                                  char const* type) {
  if (request.header("Content-Type").find("application/json") == std::string::npos)
    return arm_error(415, "UnsupportedMediaType", "The content type is not JSON.");
  if (!body.is_object() || !body.contains("properties") || !body["properties"].is_object())
    return arm_error(400, "UserError", "Request is invalid and/or missing fields.", {"RequestInvalid"});
  for (auto const& [name, value] : body["properties"].items()) {
    if (members.contains(name)) continue;
    return arm_error(
        400, "UserError", "Request is invalid and/or missing fields.", {"RequestInvalid"},
        json::array({{{"code", "RequestInvalid"},
                      {"message", "Could not find member '" + name + "' on object of type '" + type + "'."},
                      {"details", json::array()},
                      {"additionalInfo", json::array()}}}));
  }
  return {};
}

json MockService::State::code_resource(Code const& code) const {
  return {{"id", workspace_path() + "/codes/" + code.name + "/versions/" + code.version},
          {"name", code.version},
          {"type", "Microsoft.MachineLearningServices/workspaces/codes/versions"},
          {"properties",
           {{"description", nullptr},
            {"tags", json::object()},
            {"properties", code.properties},
            {"isArchived", false},
            {"isAnonymous", false},
            {"codeUri", code.uri},
            {"provisioningState", "Succeeded"}}},
          {"systemData", system_data()}};
}

json MockService::State::job_resource(MockJob const& job) const {
  json properties = job.properties;
  properties["status"] = job.status();
  properties.emplace("displayName", job.name);
  properties.emplace("experimentName", "Default");
  for (auto const* name : {"description", "parentJobName", "componentId", "identity", "notificationSetting", "codeId",
                           "computeId", "distribution", "limits"})
    properties.emplace(name, nullptr);
  for (auto const* name : {"tags", "properties", "environmentVariables", "inputs", "parameters"})
    properties.emplace(name, json::object());
  properties["services"] = {{"Tracking",
                             {{"jobServiceType", "Tracking"},
                              {"endpoint", "azureml://mock/mlflow/v1.0" + workspace_path() + "?"},
                              {"port", nullptr}}},
                            {"Studio",
                             {{"jobServiceType", "Studio"},
                              {"endpoint", "https://ml.azure.com/runs/" + job.name + "?wsid=" + workspace_path()},
                              {"port", nullptr}}}};
  properties["outputs"]["default"] = {
      {"description", nullptr},
      {"uri", "azureml://datastores/workspaceartifactstore/ExperimentRun/dcid." + job.name},
      {"assetName", nullptr},
      {"mode", "ReadWriteMount"},
      {"jobOutputType", "uri_folder"}};
  return {{"id", workspace_path() + "/jobs/" + job.name},
          {"name", job.name},
          {"type", "Microsoft.MachineLearningServices/workspaces/jobs"},
          {"properties", std::move(properties)},
          {"systemData", system_data()}};
}

MockReply MockService::State::resource_manager(MockRequest const& request) {
  if (request.header("Authorization") != std::string("Bearer ") + kToken) {
    violations.push_back("no token with " + request.method + " " + request.path);
    return arm_error(401, "InvalidAuthenticationToken", "The access token is invalid.");
  }
  if (request.parameter("api-version").empty())
    return arm_error(400, "MissingApiVersionParameter",
                     "The api-version query parameter (?api-version=) is required for all requests.");
  auto const workspace = workspace_path();
  if (!request.path.starts_with(workspace) ||
      (request.path.size() > workspace.size() && request.path[workspace.size()] != '/')) {
    return arm_error(404, "ResourceNotFound",
                     "The Resource 'Microsoft.MachineLearningServices/workspaces/x' under resource group 'y' was not "
                     "found. For more details please go to https://aka.ms/ARMResourceNotFoundFix");
  }
  auto const parts = split(request.path.substr(workspace.size()));
  if (!parts.empty() && parts[0] == "codes") return code_routes(request, parts);
  if (!parts.empty() && parts[0] == "environments") return environment_routes(request, parts);
  if (!parts.empty() && parts[0] == "jobs") return job_routes(request, parts);
  if (!parts.empty() && parts[0] == "datastores") return datastore_routes(request, parts);
  if (!parts.empty() && parts[0] == "data") return data_routes(request, parts);
  return other_routes(parts, request);
}

MockReply MockService::State::other_routes(std::vector<std::string> const& parts, MockRequest const& request) const {
  auto const id = workspace_path();
  if (request.method != "GET") return arm_error(405, "MethodNotAllowed", "Not a GET.");
  if (parts.empty()) {
    return arm({{"id", id},
                {"name", kWorkspace},
                {"type", "Microsoft.MachineLearningServices/workspaces"},
                {"location", "eastus2"},
                {"tags", json::object()},
                {"etag", nullptr},
                {"properties",
                 {{"friendlyName", kWorkspace},
                  {"containerRegistry", nullptr},
                  {"provisioningState", "Succeeded"},
                  {"workspaceId", kWorkspaceId},
                  {"discoveryUrl", server.url() + "/discovery"},
                  {"mlFlowTrackingUri", "azureml://mock/mlflow/v1.0" + id}}},
                {"sku", {{"name", "Basic"}, {"tier", "Basic"}}},
                {"systemData", system_data()}});
  }
  if (parts[0] == "computes" && parts.size() == 2) {
    if (parts[1] != "cpu-cluster")
      return arm_error(404, "UserError", "Compute " + parts[1] + " not found.", {"NotFound", "ComputeNotFound"});
    return arm({{"id", id + "/computes/cpu-cluster"},
                {"name", "cpu-cluster"},
                {"location", "eastus2"},
                {"properties",
                 {{"computeType", "AmlCompute"},
                  {"provisioningState", "Succeeded"},
                  {"provisioningErrors", nullptr},
                  {"properties", {{"vmSize", "STANDARD_DS2_V2"}}}}}});
  }
  return arm_error(501, "NotImplemented", "The mocked service has no " + request.path);
}

MockReply MockService::State::code_routes(MockRequest const& request, std::vector<std::string> const& parts) {
  if (parts.size() == 3 && parts[2] == "versions" && request.method == "GET") {
    json value = json::array();
    for (auto const& code : codes) {
      if (request.parameter("hashVersion") == "202208" &&
          code.properties.value("hash_sha256", "") == request.parameter("hash"))
        value.push_back(code_resource(code));
    }
    return arm({{"value", value}});
  }
  if (parts.size() == 5 && parts[4] == "startPendingUpload" && request.method == "POST") {
    if (json::parse(request.body, nullptr, false) != json{{"pendingUploadType", "TemporaryBlobReference"}})
      return arm_error(400, "UserError", "Request is invalid and/or missing fields.");
    auto const container = std::string(kWorkspaceId) + "-" + std::to_string(++containers);
    auto const uri = server.url() + kAccount + "/" + container;
    return arm({{"blobReferenceForConsumption",
                 {{"blobUri", uri},
                  {"storageAccountArmId", "/subscriptions/x/storageAccounts/acct"},
                  {"credential", {{"credentialType", "SAS"}, {"sasUri", sign(container, "rcwl")}}}}},
                {"pendingUploadId", "3b89232a-f722-4394-8e56-0e79e8fd118a"},
                {"pendingUploadType", "None"}});
  }
  if (parts.size() != 4) return arm_error(501, "NotImplemented", "The mocked service has no " + request.path);
  auto const found = std::find_if(codes.begin(), codes.end(),
                                  [&](Code const& code) { return code.name == parts[1] && code.version == parts[3]; });
  if (request.method == "GET")
    return found == codes.end() ? arm_error(404, "UserError", "Code " + parts[1] + " not found.", {"NotFoundError"})
                                : arm(code_resource(*found));
  auto const body = json::parse(request.body, nullptr, false);
  if (auto fault = fault_of(request, body, kCodeMembers, "CodeVersion")) return *fault;
  auto const& properties = body["properties"];
  Code code{.name = parts[1],
            .version = parts[3],
            .uri = properties.value("codeUri", ""),
            .properties = properties.value("properties", json::object())};
  auto const folder = unescaped(code.uri.substr(std::min(code.uri.size(), (server.url() + kAccount + "/").size())));
  auto const uploaded = blobs.all();
  if (std::none_of(uploaded.begin(), uploaded.end(),
                   [&](auto const& blob) { return blob.first.starts_with(folder + "/"); }))
    violations.push_back("code at " + code.uri + " has no files");
  if (found != codes.end() && found->uri != code.uri)
    return arm_error(400, "UserError", "Asset paths cannot be updated.");
  bool const is_new = found == codes.end();
  if (is_new) codes.push_back(code);
  return arm(code_resource(code), is_new ? 201 : 200);
}

MockReply MockService::State::environment_routes(MockRequest const& request, std::vector<std::string> const& parts) {
  if (parts.size() != 4) return arm_error(501, "NotImplemented", "The mocked service has no " + request.path);
  auto const id = workspace_path() + "/environments/" + parts[1] + "/versions/" + parts[3];
  if (request.method == "GET")
    return environments.contains(id) ? arm(environments.at(id))
                                     : arm_error(404, "UserError", "Environment not found.", {"NotFoundError"});
  auto const body = json::parse(request.body, nullptr, false);
  if (auto fault = fault_of(request, body, kEnvironmentMembers, "EnvironmentVersion")) return *fault;
  json properties = body["properties"];
  if (!properties.contains("image") && !properties.contains("build"))
    return arm_error(400, "UserError", "Either image or build must be given.");
  properties.update({{"environmentType", "UserCreated"},
                     {"osType", "Linux"},
                     {"autoRebuild", "Disabled"},
                     {"provisioningState", "Succeeded"},
                     {"stage", "Logged"},
                     {"properties", {{"azureml.labels", ""}}}});
  environments[id] = {{"id", id},
                      {"name", parts[3]},
                      {"type", "Microsoft.MachineLearningServices/workspaces/environments/versions"},
                      {"properties", properties},
                      {"systemData", system_data()}};
  return arm(environments[id], 201);
}

MockReply MockService::State::put_job(MockRequest const& request, std::string const& name) {
  auto const body = json::parse(request.body, nullptr, false);
  if (auto fault = fault_of(request, body, kJobMembers, "CommandJob")) return *fault;
  auto const& properties = body["properties"];
  if (properties.value("jobType", "") != "Command" || properties.value("command", "").empty() ||
      properties.value("environmentId", "").empty())
    return arm_error(400, "UserError", "Request is invalid and/or missing fields.", {"RequestInvalid"});
  auto const compute = properties.value("computeId", "");
  if (!compute.empty() && compute != workspace_path() + "/computes/cpu-cluster")
    return arm_error(400, "UserError", "Unknown compute target '" + compute.substr(compute.rfind('/') + 1) + "'.",
                     {"BadArgument", "UnknownTargetType"});
  auto const code = properties.value("codeId", "");
  if (!code.empty() &&
      std::none_of(codes.begin(), codes.end(), [&](Code const& one) { return code_resource(one)["id"] == code; }))
    violations.push_back("job " + name + " names the unknown code " + code);
  if (auto* job = find_job(name)) {
    if (job->properties.value("command", "") != properties.value("command", ""))
      return arm_error(409, "UserError", "The job " + name + " exists with another command.");
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
    auto const view = request.parameter("listViewType");
    std::vector<MockJob const*> shown;
    for (auto const& job : jobs)
      if (view == "All" || job.properties.value("isArchived", false) == (view == "ArchivedOnly")) shown.push_back(&job);
    auto const skip = request.parameter("$skip");
    auto const begin = skip.starts_with("opaque-") ? std::stoul(skip.substr(7)) : 0;
    json value = json::array();
    for (auto i = begin; i < shown.size() && i < begin + 2; ++i)
      value.push_back(job_resource(*shown[shown.size() - 1 - i]));
    json page{{"value", value}};
    if (begin + 2 < shown.size())
      page["nextLink"] = server.url() + workspace_path() + "/jobs?api-version=2024-04-01&listViewType=" + view +
                         "&$skip=opaque-" + std::to_string(begin + 2);
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
    return {.status = 202,
            .headers = {{"Location", server.url() + "/operations/jc:" + job->name}, {"Retry-After", "1"}}};
  }
  return arm_error(501, "NotImplemented", "The mocked service has no " + request.path);
}

}  // namespace azureml::test
