#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <string>

namespace azureml::engine::routes {

class StagedFile;

struct BlockLimits {
  std::size_t count = 100'000;                   ///< Of one blob's blocks without a list, as on the service.
  std::uint64_t bytes = std::uint64_t{5} << 40;  ///< Of them together.
};

/// Counts the blocks that wait for their list, so that no client fills the disk with names alone. Knows a bounded
/// number of blobs; others are counted anew from their folder. On the store thread.
class BlockLedger {
 public:
  explicit BlockLedger(BlockLimits limits = {}) : limits_(limits) {}
  /// Puts a block in its blob's folder, replacing one of the same name. @throws ApiError 409 when there are too many,
  /// 413 when they are too large together, 400 when the id has another length than those before
  void place(StagedFile& block, std::filesystem::path const& directory, std::string const& name);
  void forget(std::filesystem::path const& directory);  ///< The folder is gone.

 private:
  struct Count {
    std::size_t blocks = 0, name_length = 0;
    std::uint64_t bytes = 0;
    std::list<std::string>::iterator use{};
  };
  Count& count_of(std::filesystem::path const& directory);

  BlockLimits limits_;
  std::map<std::string, Count> counts_{};
  std::list<std::string> uses_{};  ///< Latest first.
};

}  // namespace azureml::engine::routes
