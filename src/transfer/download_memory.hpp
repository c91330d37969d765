#pragma once
#include "base/unique_fd.hpp"
#include "transfer/download_place.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace azureml::transfer {

/// Which files an unfinished download of many has completed, in a file of its directory, so that the next call need not
/// fetch those again whose listing gives no checksum. Without use, and without harm, while another download into the
/// same directory holds it. Thread-safe.
class DownloadMemory {
 public:
  /// Reads what an interrupted call has left. @throws FileError
  explicit DownloadMemory(std::shared_ptr<Folder const> root);
  DownloadMemory(DownloadMemory const&) = delete;
  DownloadMemory& operator=(DownloadMemory const&) = delete;
  ~DownloadMemory();
  /// The entity tag of the blob that the file is a copy of; empty when that is not known. @param file as it is now
  [[nodiscard]] std::string etag_of(std::string_view blob, std::string_view target, struct stat const& file) const;
  void completed(std::string_view blob, std::string_view target, std::string const& etag, struct stat const& file);
  /// The download is complete: nothing is remembered.
  void forget() noexcept;

 private:
  struct Entry {
    std::uint64_t size = 0;
    std::int64_t modified = 0;
    std::string etag{};
  };
  bool open(int flags);
  void read(std::string_view line);

  std::shared_ptr<Folder const> root_;
  mutable std::mutex mutex_{};
  base::UniqueFd fd_{};
  bool taken_ = false;  ///< By another download.
  std::unordered_map<std::string, Entry> entries_{};
};

}  // namespace azureml::transfer
