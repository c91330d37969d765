#pragma once
#include "api/blob_names.hpp"
#include "api/containers.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace azureml::api {

/// A folder of a datastore's container, as it is to lie in a directory. Its blobs' names are held: about 150 bytes
/// each, at most 1,000,000.
class BlobFolder {
 public:
  /// Lists it: one request for a signature and one for each 5,000 blobs. @param prefix empty or ending with a slash
  /// @param what completes "cannot …" @throws ValidationError naming blobs whose names cannot be paths; as
  /// `open_container` and `list_blobs`
  static BlobFolder list(WorkspacePtr const& workspace, rest::DatastoreResource const& datastore, std::string prefix,
                         std::string const& what, Deadline const& deadline);
  /// The one blob of this name, under its base name; empty when there is none.
  static BlobFolder file(WorkspacePtr const& workspace, rest::DatastoreResource const& datastore,
                         std::string const& name, std::string const& what, Deadline const& deadline);

  [[nodiscard]] std::size_t count() const noexcept { return names_.count(); }
  /// Its target is the name without the folder's.
  [[nodiscard]] transfer::DownloadItem item(std::size_t index) const;
  TransferReport download(std::filesystem::path const& directory, bool overwrite, ProgressHandler const& on_progress,
                          Deadline const& deadline) const;

 private:
  BlobFolder(WorkspacePtr workspace, rest::DatastoreResource const& datastore, std::string prefix,
             std::string const& what, Deadline const& deadline);

  WorkspacePtr workspace_;
  std::string prefix_, what_;
  std::unique_ptr<transfer::ContainerAddresses> addresses_;
  BlobNames names_;
};

/// A blob's place on a datastore of the workspace.
struct DatastorePlace {
  std::string datastore{}, path{};
};
/// Reads `azureml://datastores/{name}/paths/{path}`, the long form with the workspace's own ids, and the service's form
/// without `/paths/`. Nothing when it is none of these, or of another workspace.
std::optional<DatastorePlace> read_datastore_uri(std::string_view uri, WorkspaceState const& workspace);

}  // namespace azureml::api
