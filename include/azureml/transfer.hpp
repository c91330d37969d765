#pragma once
#include <cstdint>
#include <functional>
#include <string_view>

namespace azureml {

enum class TransferPhase { scanning, hashing, uploading, downloading, verifying };
struct TransferProgress {
  TransferPhase phase{};
  std::uint64_t bytes_done = 0, bytes_total = 0;  ///< `bytes_total` 0 while unknown.
  std::uint64_t files_done = 0, files_total = 0;
  std::string_view current{};                     ///< Lives for the call only.
};
/// At most 10 times a second and once at the end, on the calling thread. An exception ends the transfer and reaches the caller.
using ProgressHandler = std::function<void(TransferProgress const&)>;

}  // namespace azureml
