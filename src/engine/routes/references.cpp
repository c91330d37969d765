#include "engine/routes/references.hpp"

#include "base/encoding.hpp"
#include "engine/routes/data_places.hpp"
#include "engine/routes/wire.hpp"

namespace azureml::engine::routes {
namespace {

ApiError unknown_reference(std::string const& kind, std::string const& member, std::string const& id) {
  return {.status = 400, .message = "The " + kind + " '" + id + "' (" + member + ") was not found.", .inner = {"BadArgument", "NotFoundError"}};
}

bool is_curated(std::string_view name) { return name.size() >= 8 && base::equal_ignoring_case(name.substr(0, 8), "AzureML-"); }

store::EnvironmentRecord latest(store::Store& store, std::string const& name, std::string const& id) {
  for (auto& each : store.list_environment_versions(name)) {
    if (!each.archived) return each;
  }
  throw unknown_reference("environment", "environmentId", id);
}

}  // namespace

store::CodeRecord find_code(store::Store& store, std::string const& id) {
  auto const parts = split_workspace_id(id);
  if (parts.size() == 4 && base::equal_ignoring_case(parts[0], "codes") && base::equal_ignoring_case(parts[2], "versions")) {
    if (auto code = store.find_code(parts[1], parts[3])) return *std::move(code);
  }
  throw unknown_reference("code version", "codeId", id);
}

store::EnvironmentRecord find_environment(store::Store& store, std::string const& id) {
  if (id.starts_with("azureml://registries/")) {
    throw bad_request("The environment '" + id + "' (environmentId) is one of a registry, which this engine does not support yet; register an "
                      "environment in the workspace.");
  }
  std::string name, version;
  bool newest = false;
  if (auto const parts = split_workspace_id(id); !parts.empty()) {
    if (parts.size() != 4 || !base::equal_ignoring_case(parts[0], "environments") || !base::equal_ignoring_case(parts[2], "versions")) {
      throw unknown_reference("environment", "environmentId", id);
    }
    name = parts[1];
    version = parts[3];
  } else {
    auto const text = id.starts_with("azureml:") ? id.substr(8) : id;
    if (auto const at = text.rfind("@latest"); at != std::string::npos && at + 7 == text.size()) {
      name = text.substr(0, at);
      newest = true;
    } else if (auto const colon = text.find(':'); colon != std::string::npos) {
      name = text.substr(0, colon);
      version = text.substr(colon + 1);
    }
  }
  if (!is_asset_name(name)) throw unknown_reference("environment", "environmentId", id);
  auto found = newest ? std::optional<store::EnvironmentRecord>{} : store.find_environment(name, version);
  if (found) return *std::move(found);
  if (is_curated(name)) {
    throw bad_request("The curated environment '" + id + "' (environmentId) is not supported by this engine yet; name the packages instead "
                      "(conda_packages, pip_packages).");
  }
  if (newest) return latest(store, name, id);
  throw unknown_reference("environment", "environmentId", id);
}

std::optional<BlobLocation> split_blob_uri(std::string_view uri, std::string const& account) {
  for (std::string_view const scheme : {"http://", "https://"}) {
    if (!uri.starts_with(scheme)) continue;
    uri.remove_prefix(scheme.size());
    auto const slash = uri.find('/');
    if (slash == uri.npos) return std::nullopt;
    auto const host = uri.substr(0, slash);
    uri.remove_prefix(slash + 1);
    uri = uri.substr(0, uri.find('?'));
    if (!base::to_lower_ascii(host).starts_with(account + ".blob.")) {
      if (!uri.starts_with(account + "/")) return std::nullopt;
      uri.remove_prefix(account.size() + 1);
    }
    auto const decoded = base::percent_decode(uri);
    if (!decoded) return std::nullopt;
    auto const end = std::min(decoded->find('/'), decoded->size());
    BlobLocation location{.container = decoded->substr(0, end), .path = decoded->substr(std::min(end + 1, decoded->size()))};
    while (location.path.ends_with('/')) location.path.pop_back();
    return location;
  }
  return std::nullopt;
}

BlobLocation code_location(store::CodeRecord const& code, store::Store& store, store::Identity const& identity) {
  auto location = split_blob_uri(code.code_uri, identity.storage_account);
  if (!location || !has_container(store, identity, location->container)) {
    throw bad_request("The code '" + code.name + "' version '" + code.version + "' (codeId) lies outside this engine's storage: its codeUri is not one "
                      "that startPendingUpload gave; upload the folder again.");
  }
  auto const prefix = location->path.empty() ? std::string{} : location->path + "/";
  if (store.list_blobs(location->container, prefix, {}, 1).items.empty()) {
    throw bad_request("The code '" + code.name + "' version '" + code.version + "' (codeId) has no files: nothing was uploaded beneath its codeUri; "
                      "upload the folder again.");
  }
  return *location;
}

}  // namespace azureml::engine::routes
