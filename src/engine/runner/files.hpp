#pragma once
#include "base/unique_fd.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace azureml::engine::runner {

/// Copies `length` bytes (or up to the end of the source) between descriptors at their given offsets, in the kernel where it can.
/// @returns the bytes copied @throws std::system_error naming `what`
std::uint64_t copy_bytes(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset, std::uint64_t length, std::string const& what);

/// Opens a regular file that lies below `root` once all links are followed; empty when it does not, is special or is gone. `info` is filled.
base::UniqueFd open_beneath(std::filesystem::path const& root, std::filesystem::path const& relative, struct stat& info);

/// A file that becomes visible only complete: `from` is copied to a temporary name in `scratch` (same file system), fsynced, renamed.
void publish_copy(int from, std::filesystem::path const& scratch, std::filesystem::path const& target);

struct CopyOptions {
  std::function<void()> check{};  ///< Asked between files and between pieces of large ones; what it throws ends the copying.
  bool read_only = false;         ///< The files of the copy cannot be written (by others than root).
};

/// Copies a regular file to a new one, sharing its blocks where the file system can. @throws std::system_error, what `check` throws
void copy_file(std::filesystem::path const& source, std::filesystem::path const& target, CopyOptions const& options = {});

/// Copies a tree of directories and regular files into `target` (made, must not exist), never links. Links and special files are left out.
/// @returns the number of files @throws std::system_error, what `check` throws
std::uint64_t copy_tree(std::filesystem::path const& source, std::filesystem::path const& target, CopyOptions const& options = {});

/// Removes a file, or a folder with all below it. Follows no link and enters no mount: what lies behind one stays, with the folders that
/// lead to it. Folders without permission for their owner are opened first. @returns true when nothing is left
bool remove_tree(std::filesystem::path const& path) noexcept;

}  // namespace azureml::engine::runner
