#pragma once
#include "base/unique_fd.hpp"
#include "snapshot/snapshot.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace azureml::snapshot {

/// What tells one state of a file from another.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t modified_seconds = 0, modified_nanoseconds = 0;
  friend bool operator==(FileIdentity const&, FileIdentity const&) = default;
};

/// Reads one file of a plan from its beginning to its end and notices when it is not the file of the plan any more.
class FileReader {
 public:
  /// @throws FileError when it cannot be opened or its size is not that of the plan
  explicit FileReader(File const& file);
  /// Fills the front of `buffer`; 0 at the end. @throws FileError when it cannot be read or has changed since it was
  /// opened
  std::size_t read(std::span<char> buffer);
  /// Back to the first byte. @throws FileError
  void rewind();
  [[nodiscard]] FileIdentity const& identity() const noexcept { return identity_; }

 private:
  File file_;
  base::UniqueFd fd_{};
  FileIdentity identity_{};
  std::uint64_t position_ = 0;
};

}  // namespace azureml::snapshot
