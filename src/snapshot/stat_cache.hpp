#pragma once
#include "log/logger.hpp"
#include "snapshot/file_hasher.hpp"
#include "snapshot/snapshot.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace azureml::snapshot {

enum class Known : unsigned char {
  no,
  doubtful,  ///< Remembered for this path and size, but the file may have been written since.
  yes,
};

/// What the cache says of a plan.
struct Remembered {
  std::vector<Known> known{};  ///< For each file of the plan; empty: nothing is known.
  std::vector<Sha256> sums{};  ///< Likewise; the SHA-256 of the contents, where known.
  bool same_list = false;      ///< The cache is of the same paths and sizes, no more and no less.
  Sha256 content{}, tree{};    ///< Both hashes of the list the cache is of.
};

/// The hashes of one folder's files, in a file in the user's cache directory. Any number of processes may use it at
/// once: it is replaced as a whole. A file is known when path, device, inode, size and both times (to the nanosecond)
/// are those of the cache and the times were old when it was hashed: one written in the moment of hashing could be
/// written again without its times showing it. Nothing here throws but std::bad_alloc.
class StatCache {
 public:
  using Time = std::chrono::system_clock::time_point;

  /// @param directory empty: no cache
  StatCache(std::filesystem::path const& directory, std::filesystem::path const& root, logging::Logger logger);
  [[nodiscard]] bool in_use() const noexcept { return !file_.empty(); }
  [[nodiscard]] std::filesystem::path const& file() const noexcept { return file_; }
  /// A cache that is not whole, of another folder or in another format is as none.
  [[nodiscard]] Remembered read(Plan const& plan) const;
  /// Replaces the cache. @param hashed when the first file of the plan was opened for its hash, or earlier
  void write(Plan const& plan, std::vector<Sha256> const& sums, Sha256 const& content, Sha256 const& tree,
             Time hashed) const;

 private:
  void prune() const;

  std::filesystem::path file_{};
  Sha256 root_{};
  logging::Logger logger_;
};

}  // namespace azureml::snapshot
