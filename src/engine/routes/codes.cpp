#include "engine/routes/job_input.hpp"
#include "engine/routes/members.hpp"
#include "engine/routes/references.hpp"
#include "engine/routes/sas.hpp"
#include "engine/routes/services.hpp"
#include "engine/routes/tables.hpp"
#include "engine/routes/version_list.hpp"
#include "engine/routes/wire.hpp"

#include "base/digest.hpp"
#include "base/uuid.hpp"

namespace azureml::engine::routes {
namespace {

constexpr std::size_t kSuffixLength = 26;

json code_resource(store::CodeRecord const& code) {
  json properties{{"description", code.description.empty() ? json() : json(code.description)},
                  {"tags", code.tags},
                  {"properties", code.properties},
                  {"isArchived", code.archived},
                  // The service says so even of those that were sent as anonymous.
                  {"isAnonymous", false},
                  {"codeUri", code.code_uri},
                  {"provisioningState", "Succeeded"}};
  return envelope(code_id(code.name, code.version), code.version, "codes/versions", std::move(properties), code.created);
}

ApiError version_not_found(std::string const& name, std::string const& version) {
  return not_found("Code version " + name + ":" + version + " (codeContainerName:version) not found.", {"NotFoundError"});
}

std::string const& checked_name(Request const& request) {
  auto const& name = parameter(request, "name");
  if (!is_asset_name(name)) throw bad_request("The name '" + name + "' of the code is not valid.");
  return name;
}

Reply get_container(Request const& request, Services& services) {
  auto const& name = checked_name(request);
  auto const versions = services.store.list_code_versions(name);
  if (versions.empty()) throw not_found("Code container " + name + " not found.", {"NotFoundError"});
  return json_reply(200, container_resource("codes", name, versions));
}

Reply list_versions(Request const& request, Services& services) {
  auto const& name = checked_name(request);
  auto const hash = request.query_value("hash");
  json body{{"value", json::array()}};
  if (!hash.empty()) {
    // The whole workspace is searched: what is found has another name than the one asked under.
    auto const found = services.store.find_code_by_hash(hash);
    auto const version = request.query_value("hashVersion");
    if (found && (version.empty() || !found->properties.contains("hash_version") || found->properties.at("hash_version") == version)) {
      body["value"].push_back(code_resource(*found));
    }
    return json_reply(200, body);
  }
  for (auto const& code : ordered_versions(request, services.store.list_code_versions(name))) body["value"].push_back(code_resource(code));
  return json_reply(200, body);
}

Reply get_version(Request const& request, Services& services) {
  auto const& name = parameter(request, "name");
  auto const& version = parameter(request, "version");
  auto const code = services.store.find_code(name, version);
  if (!code) throw version_not_found(name, version);
  return json_reply(200, code_resource(*code));
}

store::CodeRecord read_code(Request const& request, Services const& services) {
  auto const body = parse_object(request);
  check_members(request.body, body, code_version_type());
  auto const properties = body.value("properties", json::object());
  store::CodeRecord code{.name = checked_name(request),
                         .version = parameter(request, "version"),
                         .code_uri = text_member(properties, "codeUri"),
                         .description = text_member(properties, "description"),
                         .tags = text_map(properties, "tags"),
                         .properties = text_map(properties, "properties"),
                         .created = services.clock.now()};
  if (auto const archived = properties.find("isArchived"); archived != properties.end() && archived->is_boolean()) code.archived = archived->get<bool>();
  if (code.code_uri.empty()) throw bad_request("The code needs a codeUri: the address beneath which its files were uploaded.");
  return code;
}

Reply put_version(Request const& request, Services& services) {
  auto code = read_code(request, services);
  bool const added = services.store.add_code(code);
  if (!added) {
    auto const existing = services.store.find_code(code.name, code.version);
    if (!existing || existing->code_uri != code.code_uri) throw bad_request("Asset paths cannot be updated.");
    code = *existing;
  }
  auto reply = json_reply(added ? 201 : 200, code_resource(code));
  if (added) reply.headers["Location"] = resource_url(request, code_id(code.name, code.version));
  return reply;
}

/// `{workspace}-{26 letters and digits}`: a container of its own for each upload.
std::string new_container(store::Identity const& identity) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  auto name = identity.workspace_id + "-";
  for (unsigned char const byte : base::random_bytes(kSuffixLength)) name += kLetters[byte % kLetters.size()];
  return name;
}

Reply start_pending_upload(Request const& request, Services& services) {
  (void)checked_name(request);
  auto const& identity = services.identity;
  auto const container = new_container(identity);
  services.store.add_container(container);
  auto const uri = request.base_url + "/" + identity.storage_account + "/" + container;
  auto const account = std::string("/subscriptions/") + kSubscription + "/resourceGroups/" + kResourceGroup +
                       "/providers/Microsoft.Storage/storageAccounts/" + identity.storage_account;
  json const credential{{"credentialType", "SAS"},
                        {"sasUri", signed_url(request.base_url, identity, container, {}, "rcwl", services.clock.now())}};
  return json_reply(200, {{"blobReferenceForConsumption", {{"blobUri", uri}, {"storageAccountArmId", account}, {"credential", credential}}},
                          {"pendingUploadId", base::new_uuid()},
                          {"pendingUploadType", "None"}});
}

}  // namespace

void add_code_routes(std::vector<Route>& table) {
  table.push_back({.operation = "codes.get", .method = "GET", .pattern = "{WS}/codes/{name}", .handle = get_container});
  table.push_back({.operation = "code_versions.list", .method = "GET", .pattern = "{WS}/codes/{name}/versions", .handle = list_versions});
  table.push_back({.operation = "code_versions.get", .method = "GET", .pattern = "{WS}/codes/{name}/versions/{version}", .handle = get_version});
  table.push_back({.operation = "code_versions.create_or_update", .method = "PUT", .pattern = "{WS}/codes/{name}/versions/{version}", .handle = put_version});
  table.push_back({.operation = "code_versions.start_pending_upload",
                   .method = "POST",
                   .pattern = "{WS}/codes/{name}/versions/{version}/startPendingUpload",
                   .handle = start_pending_upload});
}

}  // namespace azureml::engine::routes
