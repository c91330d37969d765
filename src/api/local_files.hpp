#pragma once
#include "core/faults.hpp"
#include "snapshot/snapshot.hpp"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::api {

/// A file of this machine and the name it gets on a datastore, below the target folder.
struct LocalFile {
  std::string name{};            ///< `/` separators.
  std::filesystem::path file{};  ///< Empty: `root / name`.
  std::uint64_t size = 0;
  snapshot::FileIdentity identity{};
};
/// Sorted by name, no name twice.
struct LocalFiles {
  std::filesystem::path root{};
  std::vector<LocalFile> files{};
  std::uint64_t bytes = 0;
  [[nodiscard]] std::filesystem::path path(LocalFile const& file) const {
    return file.file.empty() ? root / file.name : file.file;
  }
};

/// All files below a folder, links followed; at most 1,000,000. @throws ValidationError with every fault, at most 20;
/// StoppedError
LocalFiles files_below(std::filesystem::path const& folder, std::stop_token const& stop);
/// The files named, each with its path below `root`; empty: the folder they have in common. @throws as above
LocalFiles files_named(std::vector<std::filesystem::path> const& files, std::filesystem::path const& root);

/// The folder of a datastore that `target_path` means: without dots and slashes at its start, in normal form. What it
/// cannot be is added to the faults.
std::string target_folder(std::string_view target_path, core::Faults& faults);
/// Why a name cannot be that of a blob, as the end of a sentence; empty when it can.
std::string blob_name_fault(std::string_view name);

}  // namespace azureml::api
