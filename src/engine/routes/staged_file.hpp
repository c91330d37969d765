#pragma once
#include "base/digest.hpp"
#include "base/unique_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace azureml::engine::routes {

struct StagedFileOptions {
  bool hashed = true;   ///< Its MD5 is made while it is written.
  bool durable = true;  ///< The disk begins early, for a `sync` at the end.
};

/// A file on its way into the store of blobs: written where no reader looks, then renamed to its place. Destroyed before that, it is gone.
class StagedFile {
 public:
  /// @throws ApiError 507 when the disk is full, std::system_error
  explicit StagedFile(std::filesystem::path const& directory, StagedFileOptions options = {});
  StagedFile(StagedFile const&) = delete;
  StagedFile& operator=(StagedFile const&) = delete;
  ~StagedFile();
  void write(std::string_view piece);
  /// Takes a piece of another file, through a small buffer or, when nothing is hashed, within the kernel; gives how much
  /// of it there was.
  std::uint64_t append(int source, std::uint64_t offset, std::uint64_t length);
  void sync();    ///< Everything is on the disk, and as after `finish`.
  void finish();  ///< Nothing more comes: `md5` is known. The disk is not waited for.
  /// Puts the file in its place beneath `root`, whose parent exists, making folders on the way, and makes that durable. Follows no link.
  /// @throws ApiError 409 when the name of a folder is a file, or the other way round
  void place(std::filesystem::path const& root, std::string const& name);
  /// Renames within the staging area: nobody relies on it after a power cut.
  void move_to(std::filesystem::path const& target);
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] std::string const& md5() const noexcept { return md5_; }  ///< base64; after `finish`; empty when nothing is hashed

 private:
  void wrote(std::uint64_t bytes);

  std::filesystem::path path_;
  base::UniqueFd fd_;
  StagedFileOptions options_;
  std::optional<base::Digest> digest_{};
  std::uint64_t size_ = 0, flushed_ = 0;
  std::string md5_{};
};

}  // namespace azureml::engine::routes
