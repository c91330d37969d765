#include "rest/requests.hpp"
#include "rest/rest.hpp"

#include <azureml/error.hpp>

#include <nlohmann/json.hpp>

namespace azureml::rest {

namespace {

/// The only content hash the service knows; the number is its name, a date.
constexpr char const* kHashVersion = "202208";
constexpr int kPagesMax = 10;

std::string version_path(std::string const& name, std::string const& version) {
  return "/codes/" + segment(name) + "/versions/" + segment(version);
}

/// Name and version stand in the id alone: `…/codes/{name}/versions/{version}`.
void read_id(CodeVersion& code) {
  constexpr std::string_view kVersions = "/versions/";
  auto const versions = code.id.rfind(kVersions);
  if (versions == std::string::npos || versions == 0) return;
  auto const slash = code.id.rfind('/', versions - 1);
  if (slash == std::string::npos) return;
  code.name = code.id.substr(slash + 1, versions - slash - 1);
  code.version = code.id.substr(versions + kVersions.size());
}

CodeVersion read_code(Json const& resource, std::string_view what) {
  auto const& properties = member(resource, "properties");
  CodeVersion code{.id = required(resource, "id", what),
                   .code_uri = text(properties, "codeUri"),
                   .properties = string_map(properties, "properties")};
  read_id(code);
  return code;
}

bool is_missing_container(NotFoundError const& error) {
  return error.code() != "ResourceNotFound" && error.code() != "ResourceGroupNotFound" &&
         error.code() != "SubscriptionNotFound";
}

}  // namespace

std::optional<CodeVersion> find_code(Connection const& connection, std::string const& name,
                                     std::string const& content_hash, Context const& context,
                                     std::function<bool(CodeVersion const&)> const& accept) {
  constexpr std::string_view kWhat = "look for the source code in the workspace";
  auto url = arm_url(connection, "/codes/" + segment(name) + "/versions",
                     {{"hash", content_hash}, {"hashVersion", kHashVersion}});
  try {
    // An empty page with a continuation is not the end.
    for (int page = 0; page < kPagesMax && !url.empty(); ++page) {
      auto const answer = exchange(connection, get_request(url), kWhat, context);
      for (auto const& one : required_list(answer, "value", kWhat)) {
        auto code = read_code(one, kWhat);
        if (!accept || accept(code)) return code;
      }
      url = text(answer, "nextLink");
    }
  } catch (NotFoundError const& error) {
    // That nobody has used the name yet is no failure; that the workspace does not exist is.
    if (!is_missing_container(error)) throw;
  }
  return {};
}

CodeVersion get_code(Connection const& connection, std::string const& name, std::string const& version,
                     Context const& context) {
  auto const what = "get the source code '" + name + ":" + version + "'";
  return read_code(exchange(connection, get_request(arm_url(connection, version_path(name, version))), what, context),
                   what);
}

PendingUpload start_pending_upload(Connection const& connection, std::string const& name, std::string const& version,
                                   Context const& context) {
  constexpr std::string_view kWhat = "ask where to upload the source code";
  auto const url = arm_url(connection, version_path(name, version) + "/startPendingUpload");
  // Safe to repeat: each call makes a new, empty container.
  auto const answer = exchange(connection, json_request("POST", url, {{"pendingUploadType", "TemporaryBlobReference"}}),
                               kWhat, context);
  auto const& reference = member(answer, "blobReferenceForConsumption");
  return {.blob_uri = required(reference, "blobUri", kWhat),
          .sas_uri = required(member(reference, "credential"), "sasUri", kWhat)};
}

CodeVersion put_code(Connection const& connection, std::string const& name, std::string const& version,
                     std::string const& code_uri, StringMap const& properties, Context const& context) {
  auto const what = "register the source code '" + name + ":" + version + "'";
  Json body{{"codeUri", code_uri}, {"isAnonymous", true}};
  if (!properties.empty()) body["properties"] = properties;
  auto const url = arm_url(connection, version_path(name, version));
  return read_code(exchange(connection, json_request("PUT", url, {{"properties", std::move(body)}}), what, context),
                   what);
}

}  // namespace azureml::rest
