#include "engine/routes/data_places.hpp"

#include "base/encoding.hpp"
#include "engine/routes/blob_common.hpp"

namespace azureml::engine::routes {

bool is_own_datastore(std::string_view name) noexcept {
  return base::equal_ignoring_case(name, kBlobStore) || base::equal_ignoring_case(name, kArtifactStore);
}

std::optional<store::DatastoreRecord> find_datastore(store::Store& store, store::Identity const& identity,
                                                     std::string const& name) {
  auto const lower = base::to_lower_ascii(name);
  if (!is_own_datastore(lower)) return store.find_datastore(lower);
  return store::DatastoreRecord{.name = lower,
                                .type = "AzureBlob",
                                .account = identity.storage_account,
                                .container = lower == kBlobStore ? blob_store_container(identity) : kArtifactContainer,
                                .credentials_type = "AccountKey",
                                .secret = identity.account_key};
}

std::string default_datastore(store::Store& store) {
  auto name = store.default_datastore();
  return name.empty() ? kBlobStore : name;
}

std::string blob_store_container(store::Identity const& identity) {
  return "azureml-blobstore-" + identity.workspace_id;
}

bool has_container(store::Store& store, store::Identity const& identity, std::string const& container) {
  return container == blob_store_container(identity) || store.has_container(container);
}

}  // namespace azureml::engine::routes
