#pragma once
#include <string>
#include <utility>

namespace azureml {

enum class DataMode { mount, download, upload };

/// A path on a datastore and how the script gets it. A value without I/O; usually made by `Datastore`.
/// In `script_params` it becomes the local path; the script also finds it in `AZUREML_DATAREFERENCE_<name>`.
struct DataReference {
  std::string datastore{};           ///< Name of the datastore.
  std::string path_on_datastore{};   ///< Empty: the whole datastore.
  DataMode mode = DataMode::mount;
  std::string path_on_compute{};     ///< Empty: chosen by the compute.
  std::string name{};                ///< Letters, digits, `_`, not a digit first. Empty: derived from datastore and path, the same each time.
  bool overwrite = false;            ///< Download or upload over what is there already.

  DataReference as_mount() const { return with(DataMode::mount); }
  DataReference as_download(std::string on_compute = {}, bool over = false) const { return with(DataMode::download, std::move(on_compute), over); }
  DataReference as_upload(std::string on_compute = {}, bool over = false) const { return with(DataMode::upload, std::move(on_compute), over); }
  /// What lies below this path. Got in the same way; name and `path_on_compute` are not those of the whole.
  DataReference path(std::string below) const {
    auto copy = *this;
    copy.name.clear();
    copy.path_on_compute.clear();
    copy.path_on_datastore = path_on_datastore.empty() ? std::move(below) : path_on_datastore + "/" + below;
    return copy;
  }
  friend bool operator==(DataReference const&, DataReference const&) = default;

 private:
  DataReference with(DataMode new_mode, std::string on_compute = {}, bool over = false) const {
    auto copy = *this;
    copy.mode = new_mode;
    copy.overwrite = over || overwrite;
    if (!on_compute.empty()) copy.path_on_compute = std::move(on_compute);
    return copy;
  }
};

}  // namespace azureml
