#pragma once
#include <azureml/context.hpp>
#include <azureml/data_reference.hpp>
#include <azureml/fwd.hpp>
#include <azureml/secret.hpp>
#include <azureml/transfer.hpp>

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace azureml {

/// How files go to a datastore.
struct UploadOptions {
  std::filesystem::path relative_root{};  ///< `upload_files` only: files keep their path below it. Empty: the folder they have in common.
  std::string target_path{};              ///< Folder on the datastore; dots and slashes at its start do not count. Empty: the top.
  bool overwrite = false;                 ///< false: what is there already is left as it is and counted as skipped.
  ProgressHandler on_progress{};
  std::function<void(TransferReport const&)> on_report{};  ///< Called once, at the end: what was moved and what was skipped.
};
/// How files come from a datastore.
struct DatastoreDownloadOptions {
  std::string prefix{};    ///< What a blob's name begins with, as a text: `data` also brings `database/x`. A folder ends with `/`.
  bool overwrite = false;  ///< false: a file that is there already is left as it is and counted as skipped.
  ProgressHandler on_progress{};
};

/// A container of a storage account, to be made known to the workspace. At most one of `sas_token` and `account_key`.
struct BlobContainerOptions {
  std::string datastore_name{};  ///< Lower-case letters, digits and `_`.
  std::string container_name{}, account_name{};
  Secret sas_token{}, account_key{};  ///< Neither: who uses the datastore needs access of its own.
  std::string protocol{};             ///< Empty: "https".
  std::string endpoint{};             ///< Empty: "core.windows.net". For an emulator its host and port.
  bool overwrite = false;             ///< Replaces a datastore of the same name; false makes that an error.
  bool skip_validation = false;       ///< The service does not look whether the storage is there.
  bool grant_workspace_access = false;  ///< The workspace's own identity may read it. Needs the two below.
  std::string subscription_id{}, resource_group{};  ///< Of the storage account.
  std::string description{};
  std::map<std::string, std::string> tags{};
};
/// A file share of a storage account, likewise. One of `sas_token` and `account_key`. Jobs can use it; this library moves no files to or
/// from it.
struct FileShareOptions {
  std::string datastore_name{};
  std::string file_share_name{}, account_name{};
  Secret sas_token{}, account_key{};
  std::string protocol{}, endpoint{};
  bool overwrite = false;
  bool skip_validation = false;
  std::string description{};
  std::map<std::string, std::string> tags{};
};

/// Storage known to the workspace, as the service described it when it was fetched. Copies refer to the same and may be shared between
/// threads. Members without a `Context` send no request.
class Datastore {
 public:
  std::string const& name() const noexcept;
  std::string const& type() const noexcept;             ///< The service's word, e.g. "AzureBlob".
  std::string const& account_name() const noexcept;     ///< Empty when the type has none.
  std::string const& container_name() const noexcept;   ///< Of a file share its name.
  std::string const& protocol() const noexcept;         ///< "https"
  std::string const& endpoint() const noexcept;         ///< "core.windows.net"; of an emulator or engine its host and port.
  std::string const& credential_type() const noexcept;  ///< The service's word: "AccountKey", "Sas", "None", …
  bool is_default() const noexcept;

  DataReference path(std::string path_on_datastore) const { return {.datastore = name(), .path_on_datastore = std::move(path_on_datastore)}; }
  DataReference as_mount() const { return DataReference{.datastore = name()}.as_mount(); }  ///< `{"--data-folder", ds.as_mount()}`
  DataReference as_download(std::string on_compute = {}, bool overwrite = false) const {
    return DataReference{.datastore = name()}.as_download(std::move(on_compute), overwrite);
  }
  DataReference as_upload(std::string on_compute = {}, bool overwrite = false) const {
    return DataReference{.datastore = name()}.as_upload(std::move(on_compute), overwrite);
  }
  operator DataReference() const { return DataReference{.datastore = name()}; }  ///< `{"--data", ds}`: mounted, as in Python.

  /// Uploads a folder with all below it, links followed; returns where it lies, ready for `script_params`. At most 1,000,000 files. Two
  /// uploads to one datastore may run at the same time. An interrupted one goes on where it was when it is called again.
  /// Requests: one for the container's address and again after each hour, then one for each small file and more for the parts of large ones.
  /// @throws ValidationError before any request, when `src_dir` is no folder, a name in it cannot be a blob's, or the datastore takes no
  /// files; FileError, ServiceError, TransportError and StoppedError, after which some files may be there (Python only logs a failure)
  DataReference upload(std::filesystem::path const& src_dir, UploadOptions const& options = {}, Context const& context = {}) const;
  /// The same for single files, which keep their path below `relative_root`; `/` keeps the whole path.
  DataReference upload_files(std::vector<std::filesystem::path> const& files, UploadOptions const& options = {}, Context const& context = {}) const;
  /// Downloads all blobs whose names begin with `prefix` beneath `target_path`, with their whole names; no match is no error and no file.
  /// Blobs that stand for folders are left out. At most 1,000,000 blobs. All names are looked at before the first byte is fetched.
  /// Requests: one for the address, one for each 5,000 names, then as for `upload`.
  /// @throws ValidationError when a blob's name cannot be a path beneath `target_path`, or the datastore gives no files; others as above
  TransferReport download(std::filesystem::path const& target_path, DatastoreDownloadOptions const& options = {}, Context const& context = {}) const;

  /// Makes it the workspace's default. One request, the first time in a workspace two more. `is_default()` of this value stays as it was.
  void set_as_default(Context const& context = {}) const;
  /// Makes the workspace forget it; the storage and what is in it stay. One request. Not being known any more is no error.
  void unregister(Context const& context = {}) const;

  friend std::ostream& operator<<(std::ostream&, Datastore const&);  ///< The JSON below in one line, without type and following.

 private:
  friend struct detail::Access;
  struct State;
  explicit Datastore(std::shared_ptr<State const> state) noexcept : state_(std::move(state)) {}
  std::shared_ptr<State const> state_;
};

/// `{"name","container_name","account_name","protocol","endpoint","type","credential_type","is_default"}`. There is no secret in it.
std::string to_json(Datastore const& datastore, int indent = 2);

}  // namespace azureml
