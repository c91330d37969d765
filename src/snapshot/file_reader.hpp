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

/// Reads one file of a plan and notices when it is not the file of the plan any more. For one thread at a time.
class FileReader {
 public:
  /// @param identity all zero: not known, then only the size is compared
  /// @throws FileError when it cannot be opened or is not as the plan saw it
  FileReader(std::filesystem::path path, std::uint64_t size, FileIdentity const& identity = {});
  FileReader(Plan const& plan, File const& file) : FileReader(plan.absolute(file), file.size, file.identity) {}
  /// Fills the front of `buffer`; 0 at the end. @throws FileError when it cannot be read or is shorter than it was
  std::size_t read(std::span<char> buffer);
  /// Lets the system fetch the first bytes while something else is done.
  void read_ahead() const noexcept;
  /// The next byte read is the one at `position`. @throws FileError
  void seek(std::uint64_t position);
  /// @throws FileError when the file has changed since it was opened
  void check_unchanged() const;

 private:
  std::filesystem::path path_;
  base::UniqueFd fd_{};
  FileIdentity identity_{};
  std::uint64_t position_ = 0;
};

}  // namespace azureml::snapshot
