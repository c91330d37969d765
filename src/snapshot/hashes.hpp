#pragma once
#include "base/clock.hpp"
#include "log/logger.hpp"
#include "snapshot/snapshot.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace azureml::snapshot {

/// Called on the calling thread with the bytes read since the last call (at most 256 KiB) and the file they are of.
using BytesHandler = std::function<void(std::uint64_t bytes, std::string const& path)>;

struct HashOptions {
  std::filesystem::path cache_directory{};  ///< Where hashes of unchanged files are remembered; empty: nowhere.
  BytesHandler on_bytes{};
  std::stop_token stop{};        ///< Looked at before each piece of at most 256 KiB.
  base::Clock* clock = nullptr;  ///< Tells which files are too young to be remembered; null: the machine's.
  logging::Logger logger{};      ///< Why there is no cache (debug).
};

/// What names the content of a plan. Both in 64 lower-case hex digits.
struct TreeHashes {
  /// The service's content hash, version 202208: SHA-256 over the number of files in decimal, for each file
  /// `#path#size` (decimal), then the contents; files in the order of the Unicode lower case of their paths, those
  /// equal in it by bytes. Different folders can have the same one (`#` and digits may stand in names).
  std::string content{};
  /// Sound: SHA-256 over the number of files (8 bytes, most significant first), then for each file, by the bytes of the
  /// paths: the length of the path (8 bytes likewise), the path, the size (8 bytes likewise), the 32 bytes of the
  /// SHA-256 of the content.
  std::string tree{};
  std::uint64_t bytes_read = 0;  ///< Of the files; 0 when all was remembered.
};

/// Both hashes with one reading of each file, none of a file that the cache knows when all are as they were. Uses one
/// thread more than the caller's when the machine has two, and about 2 MiB besides 36 bytes for each file.
/// @throws FileError naming a file that cannot be read or is not the plan's any more, also when it changes while it is
/// read; StoppedError. The cache never fails: what is wrong with it is as if it were not there.
TreeHashes hash_tree(Plan const& plan, HashOptions const& options = {});

/// The hash that names the folder of local data and build contexts in the default datastore, as the Python SDK computes
/// it: SHA-256 over a fixed text, then along the tree, entries of a folder in the order of the lower case of their
/// names: the name of the entry, then its content. Folders without a file of the plan do not count. 64 lower-case hex
/// digits.
/// @throws as `hash_tree`
std::string object_hash(Plan const& plan, BytesHandler const& on_bytes = {}, std::stop_token const& stop = {});
/// The same of a single file: the fixed text and its content. @throws FileError, StoppedError
std::string object_hash(std::filesystem::path const& file, BytesHandler const& on_bytes = {},
                        std::stop_token const& stop = {});

}  // namespace azureml::snapshot
