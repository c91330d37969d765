#pragma once
#include "base/unique_fd.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace azureml::base {

/// A file that becomes visible only complete: a temporary name in the same directory, fsync, rename, fsync of the directory.
/// Destroyed without `commit()` it leaves nothing behind.
class AtomicFile {
 public:
  /// Creates the temporary file; parent directories must exist. @throws std::system_error
  explicit AtomicFile(std::filesystem::path target, unsigned mode = 0600);
  AtomicFile(AtomicFile&&) noexcept = default;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();
  void write(std::string_view bytes);
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] std::filesystem::path const& temporary() const noexcept { return temporary_; }
  /// fsync and rename over the target. With `replace` false an existing target is left and false returned.
  bool commit(bool replace = true);

 private:
  std::filesystem::path target_, temporary_;
  UniqueFd fd_;
};

/// Writes a whole small file as `AtomicFile` does.
void write_file_atomically(std::filesystem::path const& path, std::string_view text, unsigned mode = 0600);
/// fsync of a directory, so that a rename in it survives a power cut.
void sync_directory(std::filesystem::path const& directory);

}  // namespace azureml::base
