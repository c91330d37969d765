#pragma once
#include "engine/runner/resolve_data.hpp"
#include "engine/runner/run_spec.hpp"
#include "engine/store/home.hpp"
#include "engine/store/store.hpp"

#include <filesystem>
#include <string>

namespace azureml::engine::runner {

/// What the supervisor of a job needs, from the store: command, code folder, environment, variables, inputs, outputs, limits.
/// Context variables, python and the like are the caller's to add. @throws RunFailure naming what is missing or not supported here
RunSpec make_spec(store::Store& store, store::Home const& home, store::JobRecord const& job, DataPlaces const& places = {});

/// The folder below `blobs` that the address of a code names; the container itself for a code of a single file. @throws RunFailure
std::filesystem::path blob_folder(std::filesystem::path const& blobs, std::string const& code_uri, std::string const& account = {});

struct AssetName {
  std::string name{}, version{};  ///< Version empty: the latest.
};
/// `…/{kind}/{name}/versions/{version}`, `…/{kind}/{name}/labels/latest`, `azureml:name:version`, `azureml:name@latest`. Name empty: neither.
AssetName parse_asset(std::string const& id, std::string const& kind);

}  // namespace azureml::engine::runner
