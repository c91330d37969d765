#pragma once
#include "http/deadline.hpp"
#include "transfer/download_memory.hpp"
#include "transfer/download_place.hpp"
#include "transfer/downloads.hpp"
#include "transfer/meter.hpp"

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace azureml::transfer {

/// What all files of one call have in common. Thread-safe.
struct DownloadCall {
  http::Pipeline const& pipeline;
  Addresses& addresses;
  DownloadOptions const& options;
  Beneath& beneath;
  Meter& meter;
  DownloadMemory* memory = nullptr;  ///< None for a single file.
  std::function<void()> has_work{};  ///< Called when a file's ranges can be given to other threads.

  std::atomic<std::uint64_t> files{0}, bytes{0}, skipped{0}, resumed{0};
  std::mutex mutex{};
  std::vector<std::filesystem::path> paths{};  ///< Under the mutex.
  void add_path(std::filesystem::path path);
};

/// How often something may fail before that is the end of it, and how long to wait in between.
class DownloadPatience {
 public:
  DownloadPatience(DownloadCall const& call, http::Deadline const& deadline) : call_(call), deadline_(deadline) {}
  /// After an answer that may be another the next time. @throws the error it is when there was none but failures
  void after(http::Response const& response, std::string const& what);
  /// In a handler of a retryable TransportError; rethrows it likewise.
  void after_lost();
  void progressed() { failures_ = 0; }

 private:
  bool is_over();
  void wait(std::optional<std::chrono::milliseconds> asked);

  DownloadCall const& call_;
  http::Deadline const& deadline_;
  int failures_ = 0, all_ = 0;
};

}  // namespace azureml::transfer
