#include "base/encoding.hpp"
#include "rest/errors.hpp"
#include "rest/requests.hpp"
#include "rest/rest.hpp"

#include "core/make_error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace azureml::rest {

namespace {

constexpr int kPagesMax = 100;
constexpr std::string_view kFileShare = "AzureFile";

std::string resource_path(std::string const& name) {
  return "/datastores/" + segment(name);
}

DatastoreResource read_datastore(Json const& resource, std::string_view what) {
  auto const& properties = member(resource, "properties");
  DatastoreResource datastore{.name = required(resource, "name", what),
                              .type = text(properties, "datastoreType"),
                              .description = text(properties, "description"),
                              .account_name = text(properties, "accountName"),
                              .container_name = text(properties, "containerName"),
                              .endpoint = text(properties, "endpoint"),
                              .protocol = text(properties, "protocol"),
                              .credential_type = text(member(properties, "credentials"), "credentialsType"),
                              .subscription_id = text(properties, "subscriptionId"),
                              .resource_group = text(properties, "resourceGroup"),
                              .is_default = flag(properties, "isDefault"),
                              .tags = string_map(properties, "tags")};
  for (auto const* name : {"fileShareName", "filesystem"}) {
    if (datastore.container_name.empty()) datastore.container_name = text(properties, name);
  }
  return datastore;
}

std::string without_question_mark(std::string_view token) {
  while (token.starts_with('?')) token.remove_prefix(1);
  return std::string(token);
}

Json credentials_body(StorageSecret const& secret) {
  if (!secret.account_key.empty())
    return {{"credentialsType", "AccountKey"},
            {"secrets", {{"secretsType", "AccountKey"}, {"key", secret.account_key}}}};
  if (!secret.sas_token.empty())
    return {{"credentialsType", "Sas"},
            {"secrets", {{"secretsType", "Sas"}, {"sasToken", without_question_mark(secret.sas_token)}}}};
  return {{"credentialsType", "None"}};
}

Json datastore_body(DatastoreResource const& datastore, StorageSecret const& secret, bool grant_workspace_access) {
  Json properties{{"datastoreType", datastore.type},
                  {"credentials", credentials_body(secret)},
                  {"accountName", datastore.account_name}};
  auto const set = [&](char const* name, std::string const& value) {
    if (!value.empty()) properties[name] = value;
  };
  set(datastore.type == kFileShare ? "fileShareName" : "containerName", datastore.container_name);
  set("endpoint", datastore.endpoint);
  set("protocol", datastore.protocol);
  set("description", datastore.description);
  set("subscriptionId", datastore.subscription_id);
  set("resourceGroup", datastore.resource_group);
  if (!datastore.tags.empty()) properties["tags"] = datastore.tags;
  if (grant_workspace_access) properties["serviceDataAccessAuthIdentity"] = "WorkspaceSystemAssignedIdentity";
  return {{"properties", std::move(properties)}};
}

void blot_out(std::string& text, std::string const& secret) {
  constexpr std::size_t kShortest = 4;  // Less is no secret, and would blot out half of the text.
  if (secret.size() < kShortest) return;
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
    text.replace(at, secret.size(), "***");
}

/// What the service repeats of the request must not become part of an error.
void blot_out(std::string& body, StorageSecret const& secret) {
  std::vector<std::string> forms{secret.account_key, without_question_mark(secret.sas_token)};
  constexpr std::string_view kSignature = "sig=";
  if (auto const at = secret.sas_token.find(kSignature); at != std::string::npos) {
    auto const start = at + kSignature.size();
    forms.push_back(secret.sas_token.substr(start, secret.sas_token.find('&', start) - start));
    forms.push_back(base::percent_decode(forms.back()).value_or(""));
  }
  for (auto const& form : forms) {
    blot_out(body, form);
    // As JSON may write it.
    auto escaped = form;
    for (auto at = escaped.find('/'); at != std::string::npos; at = escaped.find('/', at + 2)) escaped.insert(at, "\\");
    blot_out(body, escaped);
  }
}

}  // namespace

DatastoreResource get_datastore(Connection const& connection, std::string const& name, Context const& context) {
  auto const what = "get the datastore '" + name + "'";
  return read_datastore(exchange(connection, get_request(arm_url(connection, resource_path(name))), what, context),
                        what);
}

Page<DatastoreResource> list_datastores(Connection const& connection, std::string const& next, Context const& context) {
  constexpr std::string_view kWhat = "list the datastores";
  auto const url = next.empty() ? arm_url(connection, "/datastores", {{"count", "30"}, {"orderByAsc", "false"}}) : next;
  auto const answer = exchange(connection, get_request(url), kWhat, context);
  Page<DatastoreResource> page{.next = text(answer, "nextLink")};
  for (auto const& resource : required_list(answer, "value", kWhat))
    page.items.push_back(read_datastore(resource, kWhat));
  return page;
}

std::optional<DatastoreResource> get_default_datastore(Connection const& connection, Context const& context) {
  constexpr std::string_view kWhat = "get the default datastore";
  auto url = arm_url(connection, "/datastores", {{"isDefault", "true"}, {"count", "30"}, {"orderByAsc", "false"}});
  for (int page = 0; page < kPagesMax && !url.empty(); ++page) {
    auto const answer = exchange(connection, get_request(url), kWhat, context);
    for (auto const& resource : required_list(answer, "value", kWhat)) {
      if (auto datastore = read_datastore(resource, kWhat); datastore.is_default) return datastore;
    }
    url = text(answer, "nextLink");
  }
  return {};
}

StorageSecret list_datastore_secrets(Connection const& connection, std::string const& name, Context const& context) {
  auto const what = "get access to the datastore '" + name + "'";
  auto const answer = exchange(connection,
                               json_request("POST", arm_url(connection, resource_path(name) + "/listSecrets"),
                                            {{"expirableSecret", true}, {"expireAfterHours", 1}}),
                               what, context);
  StorageSecret secret{.sas_token = without_question_mark(text(answer, "sasToken")),
                       .account_key = text(answer, "key")};
  if (!secret.sas_token.empty()) secret.account_key.clear();
  if (secret.sas_token.empty() && secret.account_key.empty()) {
    throw core::make_error<TransportError>("cannot " + what + ": the answer of the kind '" +
                                           quotable(text(answer, "secretsType"), 80) +
                                           "' has neither a signature nor a key");
  }
  return secret;
}

DatastoreResource put_datastore(Connection const& connection, DatastoreResource const& datastore,
                                StorageSecret const& secret, bool skip_validation, bool grant_workspace_access,
                                Context const& context) {
  auto const what = "register the datastore '" + datastore.name + "'";
  std::vector<std::pair<std::string, std::string>> query;
  if (skip_validation) query.emplace_back("skipValidation", "true");
  auto request = json_request("PUT", arm_url(connection, resource_path(datastore.name), query),
                              datastore_body(datastore, secret, grant_workspace_access));
  request.headers.try_emplace("Accept", "application/json");
  auto response = connection.pipeline.send(std::move(request), context);
  if (response.status < 200 || response.status >= 300) {
    blot_out(response.body, secret);
    throw_service_error(response, what);
  }
  return read_datastore(parse_answer(response, what), what);
}

void delete_datastore(Connection const& connection, std::string const& name, Context const& context) {
  try {
    send(connection, {.method = "DELETE", .url = arm_url(connection, resource_path(name)), .idempotent = true},
         "unregister the datastore '" + name + "'", context);
  } catch (NotFoundError const& error) {
    // The workspace is not there, or the datastore is not: only the second is what was wanted.
    if (error.code() == "ResourceNotFound" || error.code() == "ResourceGroupNotFound" ||
        error.code() == "SubscriptionNotFound")
      throw;
  }
}

void set_default_datastore(Connection const& connection, std::string const& api, std::string const& name,
                           Context const& context) {
  send(connection,
       {.method = "PUT",
        .url = plane_url(connection, api, "datastore/v1.0", "/default/" + segment(name)),
        .headers = {{"Content-Type", "application/json"}},
        .idempotent = true},
       "make '" + name + "' the default datastore", context);
}

}  // namespace azureml::rest
