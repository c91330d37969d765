#pragma once
#include "base/digest.hpp"

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace azureml::snapshot {

using Sha256 = std::array<char, 32>;
Sha256 to_sha256(std::string const& raw);

/// A piece of a file; pieces of one file follow each other.
struct Piece {
  std::uint32_t file = 0;  ///< Its index in the sums.
  std::uint32_t size = 0;
  bool last = false;
  bool wanted = false;  ///< The file's own sum is asked for.
};
/// Pieces of one or many files, one after the other in `bytes`.
struct Batch {
  std::string bytes{};
  std::size_t used = 0;
  std::vector<Piece> pieces{};
};

/// Computes each file's own SHA-256 out of batches, on a thread of its own when asked to, so that the caller can use
/// the same bytes meanwhile. Used by one thread.
class FileHasher {
 public:
  static constexpr std::size_t kBatchSize = 256 << 10, kBatches = 8, kPiecesMax = 1024;

  /// @param sums gets the sums; they are complete after `finish()`
  FileHasher(std::vector<Sha256>& sums, bool with_thread);
  FileHasher(FileHasher const&) = delete;
  FileHasher& operator=(FileHasher const&) = delete;
  ~FileHasher();
  /// The batch to fill, empty; waits until one is free. Its bytes stay as they are until `kBatches - 1` more were
  /// handed over. @throws what hashing threw
  Batch& batch();
  /// Hands the batch over.
  void hand_over();
  /// Waits until all is hashed. @throws what hashing threw
  void finish();

 private:
  void work();
  void hash(Batch const& batch);
  void rethrow();

  std::vector<Sha256>& sums_;
  std::array<Batch, kBatches> batches_{};
  std::optional<base::Digest> digest_{};
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::size_t given_ = 0, done_ = 0;  ///< Batches, counted from the start.
  bool end_ = false;
  std::exception_ptr failure_{};
  std::thread thread_{};
};

}  // namespace azureml::snapshot
