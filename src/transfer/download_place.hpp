#pragma once
#include "base/unique_fd.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace azureml::transfer {

/// An open folder.
struct Folder {
  base::UniqueFd fd{};
  std::filesystem::path path{};  ///< For messages.
};

/// Where a file is to lie: a name in an open folder, so that nobody can put a link in between.
struct Place {
  std::shared_ptr<Folder const> folder{};
  std::string name{};
  [[nodiscard]] std::filesystem::path path() const { return folder->path / name; }
};

/// What is beneath one directory. Thread-safe.
class Beneath {
 public:
  /// Makes the directory when it is not there. Links in its own path are the caller's. @throws FileError
  explicit Beneath(std::filesystem::path const& directory);
  /// Makes the folders on the way; a link among them is refused. @param name without fault, see `name_fault` @throws
  /// FileError
  Place place(std::string_view name);
  /// To be told of each change of a folder's entries.
  void changed(std::shared_ptr<Folder const> const& folder);
  /// fsync of the folders that have changed. @throws FileError
  void sync();
  [[nodiscard]] std::shared_ptr<Folder const> const& root() const noexcept { return root_; }

 private:
  std::shared_ptr<Folder const> step(std::shared_ptr<Folder const> const& folder, std::string const& name);
  std::shared_ptr<Folder const> folder(std::string_view path);

  std::shared_ptr<Folder const> root_;
  std::mutex mutex_{};
  std::map<std::string, std::shared_ptr<Folder const>, std::less<>> known_{};  ///< A few of them, by path.
  std::map<std::filesystem::path, std::shared_ptr<Folder const>> changed_{};
};

/// The names beside `name` for what has come of it so far, and for the journal of that.
std::string part_name(std::string_view name);
std::string journal_name(std::string_view name);
/// The name in a directory for the list of files that an unfinished download has completed.
inline constexpr char kMemoryName[] = ".azureml-download.journal";
/// True for such names.
bool is_name_of_downloads(std::string_view name);

/// Opens a file of our own for reading and writing, `O_CLOEXEC`: never through a link, nor one that has another name
/// elsewhere or another owner: such a thing is removed first. @param flags of `open`, with O_CREAT when it is to be
/// made
/// @returns nothing when it is not there (without O_CREAT) @throws FileError
base::UniqueFd open_own(Folder const& folder, std::string const& name, int flags);

/// `cannot write '…': reason; what to do`.
[[noreturn]] void throw_file_error(std::filesystem::path const& path, int error);

}  // namespace azureml::transfer
