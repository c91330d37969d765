#include "support/mock_service_state.hpp"

#include <set>
#include <utility>

namespace azureml::test {

namespace {

std::set<std::string> const kMembers{"datastoreType",
                                     "credentials",
                                     "accountName",
                                     "containerName",
                                     "fileShareName",
                                     "endpoint",
                                     "protocol",
                                     "description",
                                     "tags",
                                     "properties",
                                     "resourceGroup",
                                     "subscriptionId",
                                     "serviceDataAccessAuthIdentity"};
std::set<std::string> const kDataMembers{"dataType",   "dataUri",     "description", "tags",
                                         "properties", "isAnonymous", "isArchived"};

MockReply no_datastore(std::string const& name) {
  return arm_error(404, "UserError", "Could not find datastore: " + name + ".", {"NotFoundError"});
}

}  // namespace

void MockService::State::add_built_in_datastores() {
  auto const add = [&](std::string const& name, char const* type, char const* member, char const* value) {
    datastores[name] = {{"datastoreType", type},
                        {"credentials", {{"credentialsType", "AccountKey"}}},
                        {"accountName", "acct"},
                        {member, value},
                        {"endpoint", server.url().substr(7)},
                        {"protocol", "http"}};
  };
  add("workspaceartifactstore", "AzureBlob", "containerName", "azureml");
  add("workspaceblobstore", "AzureBlob", "containerName", "azureml-blobstore");
  add("workspacefilestore", "AzureFile", "fileShareName", "azureml-filestore");
}

json MockService::State::datastore_resource(std::string const& name) const {
  auto properties = datastores.at(name);
  properties["isDefault"] = name == default_datastore;
  for (auto const* absent : {"description", "tags", "properties", "subscriptionId", "resourceGroup"})
    properties.emplace(absent, nullptr);
  return {{"id", workspace_path() + "/datastores/" + name},
          {"name", name},
          {"type", "Microsoft.MachineLearningServices/workspaces/datastores"},
          {"properties", properties},
          {"systemData", system_data()}};
}

MockReply MockService::State::list_datastores(MockRequest const& request) const {
  // Two on a page, the position in an opaque token; the first page is empty when all are asked for.
  auto const only_default = request.parameter("isDefault") == "true";
  auto const skip = request.parameter("$skip");
  auto const begin = skip.starts_with("opaque-") ? std::stoul(skip.substr(7)) : 0;
  json value = json::array();
  std::size_t at = 0;
  for (auto const& [name, properties] : datastores) {
    if (only_default && name != default_datastore) continue;
    if (only_default || (!skip.empty() && at >= begin && at < begin + 2)) value.push_back(datastore_resource(name));
    ++at;
  }
  json page{{"value", value}};
  auto const next = skip.empty() ? 0 : begin + 2;
  if (!only_default && next < at)
    page["nextLink"] =
        server.url() + workspace_path() + "/datastores?api-version=2024-04-01&$skip=opaque-" + std::to_string(next);
  return arm(page);
}

MockReply MockService::State::put_datastore(MockRequest const& request, std::string const& name) {
  auto const body = json::parse(request.body, nullptr, false);
  if (auto fault = fault_of(request, body, kMembers, "Datastore")) return *fault;
  auto properties = body["properties"];
  auto const credentials = properties.value("credentials", json::object());
  auto const type = credentials.value("credentialsType", "");
  if (type != "AccountKey" && type != "Sas" && type != "None")
    return arm_error(400, "UserError", "Request is invalid and/or missing fields.", {"RequestInvalid"});
  if ((type == "None") == credentials.contains("secrets"))
    return arm_error(400, "UserError", "The secrets do not fit the credentials.");
  properties["credentials"] = {{"credentialsType", type}};
  bool const is_new = !datastores.contains(name);
  datastores[name] = properties;
  datastore_secrets[name] = credentials.value("secrets", json::object());
  return arm(datastore_resource(name), is_new ? 201 : 200);
}

MockReply MockService::State::datastore_routes(MockRequest const& request, std::vector<std::string> const& parts) {
  if (parts.size() == 1 && request.method == "GET") return list_datastores(request);
  if (parts.size() == 2 && request.method == "PUT") return put_datastore(request, parts[1]);
  if (parts.size() == 2 && request.method == "DELETE") return {.status = datastores.erase(parts[1]) > 0 ? 200 : 204};
  if (parts.size() < 2) return arm_error(405, "MethodNotAllowed", "Not for the list of datastores.");
  auto const found = datastores.find(parts[1]);
  if (found == datastores.end()) return no_datastore(parts[1]);
  if (parts.size() == 2 && request.method == "GET") return arm(datastore_resource(parts[1]));
  if (parts.size() == 3 && parts[2] == "listSecrets" && request.method == "POST") {
    if (found->second["credentials"]["credentialsType"] == "None") {
      violations.push_back("listSecrets of a datastore without any");
      return arm_error(400, "UserError", "There are no secrets.");
    }
    // For all of the account, and with the question mark that the service writes.
    auto const address = sign("", "rwlc");
    return arm({{"secretsType", "Sas"}, {"sasToken", address.substr(address.find('?'))}});
  }
  return arm_error(501, "NotImplemented", "The mocked service has no " + request.path);
}

MockReply MockService::State::choose_datastore(MockRequest const& request) {
  if (request.header("Authorization") != std::string("Bearer ") + kToken)
    violations.push_back("no token with " + request.method + " " + request.path);
  auto const start = "/datastore/v1.0" + workspace_path() + "/default/";
  if (request.method != "PUT" || !request.path.starts_with(start))
    return plane_not_found("The mocked service has no " + request.path);
  auto const name = unescaped(request.path.substr(start.size()));
  if (!datastores.contains(name)) return plane_not_found("Could not find datastore: " + name);
  default_datastore = name;
  return {.status = 200};
}

MockReply MockService::State::data_routes(MockRequest const& request, std::vector<std::string> const& parts) {
  auto const none = arm_error(404, "UserError", "Data asset not found.", {"NotFoundError"});
  if (parts.size() < 2) return arm_error(501, "NotImplemented", "The mocked service has no " + request.path);
  auto& versions = data[parts[1]];
  if (parts.size() == 2 && request.method == "GET") {
    if (versions.empty()) return none;
    return arm({{"id", workspace_path() + "/data/" + parts[1]},
                {"name", parts[1]},
                {"properties", {{"latestVersion", versions.back().first}, {"nextVersion", nullptr}}}});
  }
  if (parts.size() != 4) return arm_error(501, "NotImplemented", "The mocked service has no " + request.path);
  auto const id = workspace_path() + "/data/" + parts[1] + "/versions/" + parts[3];
  auto const resource = [&](json const& properties) {
    return json{{"id", id}, {"name", parts[3]}, {"properties", properties}, {"systemData", system_data()}};
  };
  for (auto const& [version, properties] : versions) {
    if (version == parts[3]) return arm(resource(properties));
  }
  if (request.method != "PUT") return none;
  auto const body = json::parse(request.body, nullptr, false);
  if (auto fault = fault_of(request, body, kDataMembers, "DataVersion")) return *fault;
  versions.emplace_back(parts[3], body["properties"]);
  return arm(resource(body["properties"]), 201);
}

}  // namespace azureml::test
