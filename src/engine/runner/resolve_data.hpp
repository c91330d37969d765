#pragma once
#include "engine/runner/blob_address.hpp"
#include "engine/runner/run_data.hpp"
#include "engine/store/home.hpp"
#include "engine/store/store.hpp"

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace azureml::engine::runner {

/// Whose storage the engine serves.
struct DataPlaces {
  std::string storage_account{};  ///< Empty: not known; then no address on the web is taken for the engine's own.
  std::string workspace_id{};
};

/// Finds where the data of a job lies. Uses the store, so it belongs to the store thread; looks at no file but a run's
/// artifacts.
class DataResolver {
 public:
  DataResolver(store::Store& store, store::Home const& home, DataPlaces const& places);
  /// @param input of the job: `{"jobInputType","uri","mode"}` @throws RunFailure, phase preparing, naming input and
  /// address
  DataInput input(std::string const& name, nlohmann::json const& input);
  /// An output without an address goes to `azureml://datastores/{the default}/paths/azureml/{run}/{output}`.
  /// @param output of the job: `{"jobOutputType","uri","mode","assetName"}` @throws RunFailure, phase preparing
  DataOutput output(std::string const& name, nlohmann::json const& output, std::string const& run_id);

 private:
  struct Found;
  Found follow(std::string address);
  Found artifacts(std::string const& run_id, std::string const& path);
  Found blobs(std::string const& container, std::string const& path);
  std::string address_of_asset(std::string const& name, std::string const& version);
  std::string address_of_output(std::string const& job, std::string const& output, std::string const& path);
  BlobAddress blob_of(std::string const& datastore, std::string const& path);
  std::string default_datastore();
  void check_scope(std::string const& scope) const;

  store::Store& store_;
  store::Home const& home_;
  DataPlaces const& places_;
};

}  // namespace azureml::engine::runner
