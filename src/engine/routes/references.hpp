#pragma once
// The assets a job names: looking them up by every spelling of their ids.
#include "engine/store/home.hpp"
#include "engine/store/store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace azureml::engine::routes {

/// By ARM id. @throws ApiError 400 when there is none
store::CodeRecord find_code(store::Store& store, std::string const& code_id);
/// By ARM id, `azureml:name:version` or `azureml:name@latest`. @throws ApiError 400 when there is none, or it is a curated one or a registry's
store::EnvironmentRecord find_environment(store::Store& store, std::string const& environment_id);

/// A place in the engine's own storage.
struct BlobLocation {
  std::string container{}, path{};  ///< `path` without slashes at its ends; empty: the whole container.
};
/// Reads `http(s)://host[:port]/{account}/{container}/{path}` and `http(s)://{account}.blob.host[:port]/{container}/{path}`; empty when
/// the address is of another account.
std::optional<BlobLocation> split_blob_uri(std::string_view uri, std::string const& account);
/// Where a code's files are. @throws ApiError 400 when they are elsewhere, or none were uploaded
BlobLocation code_location(store::CodeRecord const& code, store::Store& store, store::Identity const& identity);

}  // namespace azureml::engine::routes
