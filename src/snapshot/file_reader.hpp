#pragma once
#include "base/unique_fd.hpp"
#include "snapshot/snapshot.hpp"

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace azureml::snapshot {

/// The identity in what fstat says.
FileIdentity identity_of(struct ::stat const& status) noexcept;

/// Reads one file of a plan and notices when it is not the file of the plan any more.
class FileReader {
 public:
  /// @throws FileError when it cannot be opened or is not as the plan saw it
  explicit FileReader(File const& file);
  /// Fills the front of `buffer`; 0 at the end. @throws FileError when it cannot be read or is shorter than it was
  std::size_t read(std::span<char> buffer);
  /// The next byte read is the one at `position`. @throws FileError
  void seek(std::uint64_t position);
  /// @throws FileError when the file has changed since it was opened
  void check_unchanged() const;

 private:
  File file_;
  base::UniqueFd fd_{};
  FileIdentity identity_{};
  std::uint64_t position_ = 0;
};

}  // namespace azureml::snapshot
