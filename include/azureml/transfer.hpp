#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace azureml {

enum class TransferPhase { scanning, hashing, uploading, downloading, verifying };
struct TransferProgress {
  TransferPhase phase{};
  std::uint64_t bytes_done = 0, bytes_total = 0;  ///< `bytes_total` 0 while unknown.
  std::uint64_t files_done = 0, files_total = 0;  ///< `files_total` 0 while unknown.
  double bytes_per_second = 0;                    ///< Over the last seconds; 0 while unknown.
  std::optional<std::chrono::seconds> time_left{};  ///< At that rate; nothing while unknown.
  std::string_view current{};                     ///< Lives for the call only.
};
/// At most 10 times a second and once at the end, on the calling thread. An exception ends the transfer and reaches the caller.
using ProgressHandler = std::function<void(TransferProgress const&)>;

/// What a transfer has done.
struct TransferReport {
  std::uint64_t files = 0, bytes = 0;              ///< Moved by this call.
  std::uint64_t skipped = 0;                       ///< Files that were there already.
  std::uint64_t resumed_bytes = 0;                 ///< Not moved again: an earlier, interrupted call had moved them.
  std::vector<std::filesystem::path> paths{};      ///< Of a download: where the files lie, at most 10,000; `files` and `skipped` count all.
};

}  // namespace azureml
