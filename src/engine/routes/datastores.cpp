#include "engine/routes/data_places.hpp"
#include "engine/routes/datastore_input.hpp"
#include "engine/routes/members.hpp"
#include "engine/routes/sas.hpp"
#include "engine/routes/services.hpp"
#include "engine/routes/tables.hpp"
#include "engine/routes/wire.hpp"

#include <algorithm>

namespace azureml::engine::routes {
namespace {

constexpr std::size_t kPageDefault = 30, kPageMax = 1000;
constexpr std::int64_t kSecretHoursMax = 168;
constexpr std::chrono::minutes kSkew{10};

std::string datastore_id(std::string const& name) {
  return workspace_id() + "/datastores/" + name;
}

json text_or_null(std::string const& text) {
  return text.empty() ? json() : json(text);
}

json datastore_resource(store::DatastoreRecord const& datastore, Request const& request, Services& services) {
  auto const& base = request.base_url;
  auto const scheme_end = base.find("://");
  // Of what this engine holds it knows the address itself, and that may change with its port.
  bool const held_here = datastore.account == services.identity.storage_account;
  json properties{
      {"description", text_or_null(datastore.description)},
      {"tags", datastore.tags},
      {"properties", datastore.properties.empty() ? json() : json(datastore.properties)},
      {"isDefault", datastore.name == default_datastore(services.store)},
      {"credentials", {{"credentialsType", datastore.credentials_type}}},
      {"subscriptionId", held_here ? json(kSubscription) : json()},
      {"resourceGroup", held_here ? json(kResourceGroup) : json()},
      {"datastoreType", datastore.type},
      {"accountName", datastore.account},
      {datastore.type == "AzureFile" ? "fileShareName" : "containerName", datastore.container},
      {"endpoint", held_here ? base.substr(scheme_end + 3) : datastore.endpoint},
      {"protocol", held_here ? base.substr(0, scheme_end) : datastore.protocol},
      {"serviceDataAccessAuthIdentity", datastore.name == kBlobStore ? "WorkspaceSystemAssignedIdentity" : "None"}};
  return envelope(datastore_id(datastore.name), datastore.name, "datastores", std::move(properties), datastore.created);
}

store::DatastoreRecord known_datastore(Request const& request, Services& services) {
  auto const& name = parameter(request, "name");
  auto found = find_datastore(services.store, services.identity, name);
  if (!found) throw not_found("Could not find datastore: " + name + ".", {"NotFoundError"});
  return *std::move(found);
}

/// The workspace's own first, then by name; or as the query says.
void sort(std::vector<store::DatastoreRecord>& all, Request const& request) {
  auto const order = base::to_lower_ascii(request.query_value("orderBy"));
  if (order.empty()) return;
  bool const up = base::equal_ignoring_case(request.query_value("orderByAsc"), "true");
  auto const by = [&](auto const& member) {
    std::stable_sort(all.begin(), all.end(),
                     [&](auto const& a, auto const& b) { return up ? member(a) < member(b) : member(b) < member(a); });
  };
  if (order == "name") return by([](store::DatastoreRecord const& each) { return each.name; });
  if (order == "createdtime" || order == "createdat")
    return by([](store::DatastoreRecord const& each) { return each.created; });
  throw bad_request("The order '" + order + "' (orderBy) is not supported; it must be 'name' or 'createdTime'.");
}

bool is_asked_for(store::DatastoreRecord const& datastore, Request const& request, std::string const& fallback) {
  auto const wanted = request.query_value("isDefault");
  if (!wanted.empty() && base::equal_ignoring_case(wanted, "true") != (datastore.name == fallback)) return false;
  auto const text = base::to_lower_ascii(request.query_value("searchText"));
  if (datastore.name.find(text) == std::string::npos) return false;
  bool any_name = false;
  for (auto const& [key, value] : request.query) {
    if (!base::equal_ignoring_case(key, "names") || value.empty()) continue;
    if (("," + base::to_lower_ascii(value) + ",").find("," + datastore.name + ",") != std::string::npos) return true;
    any_name = true;
  }
  return !any_name;
}

Reply list(Request const& request, Services& services) {
  std::vector<store::DatastoreRecord> all;
  for (auto const* own : {kBlobStore, kArtifactStore})
    all.push_back(*find_datastore(services.store, services.identity, own));
  for (auto& each : services.store.list_datastores()) all.push_back(std::move(each));
  auto const fallback = default_datastore(services.store);
  std::erase_if(all, [&](auto const& each) { return !is_asked_for(each, request, fallback); });
  sort(all, request);
  auto const count = number_in_query(request, "count", kPageDefault, kPageMax);
  auto const skipped = std::min(number_in_query(request, "$skip", 0, all.size()), all.size());
  auto const end = std::min(skipped + count, all.size());
  json body{{"value", json::array()}};
  for (auto i = skipped; i < end; ++i) body["value"].push_back(datastore_resource(all[i], request, services));
  if (end < all.size()) body["nextLink"] = next_link(request, std::to_string(end));
  return json_reply(200, body);
}

Reply get(Request const& request, Services& services) {
  return json_reply(200, datastore_resource(known_datastore(request, services), request, services));
}

Reply put(Request const& request, Services& services) {
  auto const name = parameter(request, "name");
  if (is_own_datastore(name))
    throw bad_request("The datastore '" + name +
                      "' is the workspace's own and cannot be changed; register another one.");
  auto existing = services.store.find_datastore(name);
  auto const wanted = read_datastore(request, existing, services.clock.now());
  services.store.put_datastore(wanted.record);
  bool const is_default = services.store.default_datastore() == name;
  if (wanted.is_default && *wanted.is_default != is_default)
    services.store.set_default_datastore(*wanted.is_default ? name : std::string{});
  auto reply = json_reply(existing ? 200 : 201, datastore_resource(wanted.record, request, services));
  if (!existing) reply.headers["Location"] = resource_url(request, datastore_id(name));
  return reply;
}

Reply remove(Request const& request, Services& services) {
  auto const& name = parameter(request, "name");
  if (is_own_datastore(name))
    throw bad_request("The datastore '" + name + "' is the workspace's own and cannot be deleted.");
  return {.status = services.store.remove_datastore(base::to_lower_ascii(name)) ? 200 : 204};
}

Reply set_default(Request const& request, Services& services) {
  auto const datastore = known_datastore(request, services);
  if (datastore.name == kArtifactStore) {
    throw bad_request(
        "The datastore 'workspaceartifactstore' holds the artifacts of runs and cannot be the default; name another "
        "one.");
  }
  services.store.set_default_datastore(datastore.name == kBlobStore ? std::string{} : datastore.name);
  return json_reply(200, datastore_resource(datastore, request, services));
}

/// How long a signature is wanted for; nothing: the key itself is wanted.
std::optional<std::chrono::hours> wanted_validity(Request const& request) {
  if (request.body.empty()) return std::nullopt;
  auto const body = parse_object(request);
  check_members(request.body, body, datastore_secret_expiry_type());
  if (!body.value("expirableSecret", json()).is_boolean() || !body["expirableSecret"].get<bool>()) return std::nullopt;
  auto const hours = body.contains("expireAfterHours") && body["expireAfterHours"].is_number_integer()
                         ? body["expireAfterHours"].get<std::int64_t>()
                         : 1;
  if (hours < 1 || hours > kSecretHoursMax) {
    throw bad_request("The secret is to expire after " + std::to_string(hours) +
                      " hours (expireAfterHours); it must be 1 to " + std::to_string(kSecretHoursMax) + ".");
  }
  return std::chrono::hours{hours};
}

Reply list_secrets(Request const& request, Services& services) {
  auto const datastore = known_datastore(request, services);
  auto const validity = wanted_validity(request);
  if (datastore.credentials_type == "Sas")
    return json_reply(200, {{"secretsType", "Sas"}, {"sasToken", "?" + datastore.secret}});
  if (datastore.credentials_type != "AccountKey") {
    throw bad_request("The datastore '" + datastore.name + "' has no secrets (credentialsType " +
                      datastore.credentials_type + "): who uses it needs access of its own.");
  }
  if (!validity) return json_reply(200, {{"secretsType", "AccountKey"}, {"key", datastore.secret}});
  auto const now = services.clock.now();
  AccountGrant const grant{.permissions = "rwdlacu",
                           .start = now - kSkew,
                           .expiry = now + *validity,
                           .https_only = datastore.protocol == "https"};
  return json_reply(
      200, {{"secretsType", "Sas"}, {"sasToken", "?" + sign_account_sas(datastore.account, datastore.secret, grant)}});
}

}  // namespace

void add_datastore_routes(std::vector<Route>& table) {
  table.push_back({.operation = "datastores.list", .method = "GET", .pattern = "{WS}/datastores", .handle = list});
  table.push_back({.operation = "datastores.get", .method = "GET", .pattern = "{WS}/datastores/{name}", .handle = get});
  table.push_back({.operation = "datastores.create_or_update",
                   .method = "PUT",
                   .pattern = "{WS}/datastores/{name}",
                   .handle = put});
  table.push_back(
      {.operation = "datastores.delete", .method = "DELETE", .pattern = "{WS}/datastores/{name}", .handle = remove});
  table.push_back({.operation = "datastores.list_secrets",
                   .method = "POST",
                   .pattern = "{WS}/datastores/{name}/listSecrets",
                   .handle = list_secrets});
  table.push_back({.operation = "datastores.set_default",
                   .method = "PUT",
                   .pattern = "/datastore/v1.0/{WS}/default/{name}",
                   .plane = Plane::data,
                   .handle = set_default});
}

}  // namespace azureml::engine::routes
