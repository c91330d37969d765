#pragma once
#include <azureml/data_reference.hpp>
#include <azureml/fwd.hpp>

#include <memory>
#include <string>
#include <utility>

namespace azureml {

/// Storage known to the workspace, as the service described it when it was fetched. Copies refer to the same and may be shared between
/// threads. No member sends a request.
class Datastore {
 public:
  std::string const& name() const noexcept;
  std::string const& type() const noexcept;  ///< The service's word, e.g. "AzureBlob".

  DataReference path(std::string path_on_datastore) const { return {.datastore = name(), .path_on_datastore = std::move(path_on_datastore)}; }
  DataReference as_mount() const { return DataReference{.datastore = name()}.as_mount(); }  ///< `{"--data-folder", ds.as_mount()}`
  DataReference as_download(std::string on_compute = {}, bool overwrite = false) const {
    return DataReference{.datastore = name()}.as_download(std::move(on_compute), overwrite);
  }
  DataReference as_upload(std::string on_compute = {}, bool overwrite = false) const {
    return DataReference{.datastore = name()}.as_upload(std::move(on_compute), overwrite);
  }
  operator DataReference() const { return DataReference{.datastore = name()}; }  ///< `{"--data", ds}`: mounted, as in Python.

 private:
  friend struct detail::Access;
  struct State;
  explicit Datastore(std::shared_ptr<State const> state) noexcept : state_(std::move(state)) {}
  std::shared_ptr<State const> state_;
};

}  // namespace azureml
