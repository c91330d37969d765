#pragma once
// The datastores and containers that a workspace has, whether they have a record or not.
#include "engine/store/home.hpp"
#include "engine/store/store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace azureml::engine::routes {

inline constexpr char kBlobStore[] = "workspaceblobstore";          ///< The workspace's own, and its default.
inline constexpr char kArtifactStore[] = "workspaceartifactstore";  ///< Of the runs' artifacts.

/// The two datastores of every workspace, in any case of letters.
bool is_own_datastore(std::string_view name) noexcept;
/// By name, in any case of letters; nothing when there is none. Those of the workspace come with the account's own key.
std::optional<store::DatastoreRecord> find_datastore(store::Store& store, store::Identity const& identity,
                                                     std::string const& name);
/// Of new data that names no place.
std::string default_datastore(store::Store& store);

/// `azureml-blobstore-{workspace}`
std::string blob_store_container(store::Identity const& identity);
/// True for what may hold uploaded blobs: the workspace's own container is there without a record.
bool has_container(store::Store& store, store::Identity const& identity, std::string const& container);

}  // namespace azureml::engine::routes
