#include "engine/routes/datastore_input.hpp"

#include "engine/routes/files.hpp"
#include "engine/routes/job_input.hpp"
#include "engine/routes/members.hpp"
#include "engine/routes/wire.hpp"

#include <algorithm>
#include <array>

namespace azureml::engine::routes {
namespace {

constexpr std::array<std::string_view, 2> kTypes{"AzureBlob", "AzureFile"};
constexpr std::array<std::string_view, 4> kOtherTypes{"AzureDataLakeGen1", "AzureDataLakeGen2", "OneLake", "Hdfs"};
constexpr std::array<std::string_view, 3> kCredentials{"AccountKey", "Sas", "None"};
constexpr std::array<std::string_view, 4> kOtherCredentials{"ServicePrincipal", "Certificate", "KerberosKeytab",
                                                            "KerberosPassword"};

template <std::size_t N>
std::string one_of(std::array<std::string_view, N> const& words, std::string_view word) {
  auto const found =
      std::find_if(words.begin(), words.end(), [&](auto each) { return base::equal_ignoring_case(each, word); });
  return found == words.end() ? std::string{} : std::string(*found);
}

bool all_of(std::string_view text, std::string_view also) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || also.find(c) != also.npos;
  });
}

ApiError invalid(std::string const& what, std::string const& member, std::string const& value,
                 std::string const& rule) {
  return bad_request("The " + what + " '" + value + "' (" + member + ") of the datastore is not valid; " + rule + ".");
}

void check_name(std::string const& name) {
  if (!all_of(name, "_") || name.size() > 255) {
    throw bad_request("The datastore name '" + name +
                      "' is not valid; it must have lower-case letters, digits and '_' only, and at most 255 of them.");
  }
}

/// Before the strict reading, which would call the types of the service unknown.
void refuse_other_kinds(json const& properties) {
  if (auto const type = text_member(properties, "datastoreType"); !one_of(kOtherTypes, type).empty()) {
    throw bad_request("Datastores of the type '" + type +
                      "' (datastoreType) are not supported by this engine yet; it must be AzureBlob or AzureFile.");
  }
  auto const credentials = properties.value("credentials", json::object());
  if (auto const type = text_member(credentials, "credentialsType"); !one_of(kOtherCredentials, type).empty()) {
    throw bad_request("Credentials of the type '" + type +
                      "' (credentials.credentialsType) are not supported by this engine yet; it must be "
                      "AccountKey, Sas or None.");
  }
}

void read_place(json const& properties, store::DatastoreRecord& record) {
  record.account = text_member(properties, "accountName");
  if (!all_of(record.account, "") || record.account.size() < 3 || record.account.size() > 24) {
    throw invalid("storage account", "accountName", record.account, "it must be 3 to 24 lower-case letters and digits");
  }
  bool const is_share = record.type == "AzureFile";
  auto const* member = is_share ? "fileShareName" : "containerName";
  record.container = text_member(properties, member);
  if (!is_container_name(record.container)) {
    throw invalid(
        is_share ? "file share" : "container", member, record.container,
        "it must be 3 to 63 lower-case letters, digits and single hyphens, and begin and end with a letter or digit");
  }
  record.endpoint = base::to_lower_ascii(text_member(properties, "endpoint", "core.windows.net"));
  if (!all_of(record.endpoint, ".-:[]") || record.endpoint.size() > 253) {
    throw invalid("endpoint", "endpoint", record.endpoint, "it must be the name of a host, such as core.windows.net");
  }
  record.protocol = base::to_lower_ascii(text_member(properties, "protocol", "https"));
  if (record.protocol != "https" && record.protocol != "http")
    throw invalid("protocol", "protocol", record.protocol, "it must be https or http");
}

std::string read_secret(json const& secrets, std::string const& type) {
  if (type == "AccountKey") {
    auto key = text_member(secrets, "key");
    if (auto const bytes = base::from_base64(key); key.empty() || !bytes || bytes->empty()) {
      throw bad_request("The account key (credentials.secrets.key) of the datastore is not valid; it must be base64.");
    }
    return key;
  }
  auto token = text_member(secrets, "sasToken");
  if (token.starts_with('?')) token.erase(0, 1);
  bool const printable = std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!printable || ("&" + token).find("&sig=") == std::string::npos) {
    throw bad_request(
        "The signature (credentials.secrets.sasToken) of the datastore is not valid; it must be the query of a signed "
        "address, with 'sig'.");
  }
  return token;
}

void read_credentials(json const& properties, std::optional<store::DatastoreRecord> const& existing,
                      store::DatastoreRecord& record) {
  auto const credentials = properties.value("credentials", json::object());
  record.credentials_type = one_of(kCredentials, text_member(credentials, "credentialsType"));
  if (record.credentials_type.empty())
    throw bad_request("The datastore needs credentials (credentials.credentialsType): AccountKey, Sas or None.");
  if (record.credentials_type == "None") return;
  if (auto const secrets = credentials.value("secrets", json()); secrets.is_object() && !secrets.empty()) {
    record.secret = read_secret(secrets, record.credentials_type);
  } else if (existing && existing->credentials_type == record.credentials_type && existing->account == record.account) {
    record.secret = existing->secret;
  } else {
    throw bad_request("The credentials of the datastore have no secrets (credentials.secrets); send the " +
                      std::string(record.credentials_type == "Sas" ? "signature (sasToken)" : "account key (key)") +
                      ".");
  }
}

}  // namespace

WantedDatastore read_datastore(Request const& request, std::optional<store::DatastoreRecord> const& existing,
                               store::TimePoint now) {
  auto const& name = parameter(request, "name");
  check_name(name);
  auto const body = parse_object(request);
  auto const found = body.find("properties");
  if (found == body.end() || !found->is_object())
    throw bad_request("The body of a datastore needs an object 'properties'.");
  refuse_other_kinds(*found);
  check_members(request.body, body, datastore_type());

  WantedDatastore wanted{.record = {.name = name,
                                    .type = one_of(kTypes, text_member(*found, "datastoreType")),
                                    .description = text_member(*found, "description"),
                                    .tags = text_map(*found, "tags"),
                                    .properties = text_map(*found, "properties"),
                                    .created = existing ? existing->created : now}};
  read_place(*found, wanted.record);
  read_credentials(*found, existing, wanted.record);
  if (auto const flag = found->find("isDefault"); flag != found->end() && flag->is_boolean())
    wanted.is_default = flag->get<bool>();
  return wanted;
}

}  // namespace azureml::engine::routes
