#pragma once
#include <azureml/snapshot.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace azureml::snapshot {

/// What tells one state of a file from another; all zero when it is not known.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t modified_seconds = 0, modified_nanoseconds = 0;
  std::int64_t changed_seconds = 0, changed_nanoseconds = 0;  ///< Of the inode: no program can set it back.
  friend bool operator==(FileIdentity const&, FileIdentity const&) = default;
};

/// One file of a snapshot.
struct File {
  std::string path{};  ///< Relative to the root, `/` separators; the name it has in the snapshot.
  std::uint64_t size = 0;
  FileIdentity identity{};  ///< As the plan saw it.
};

/// A file or folder left out, and why. A folder that is left out is named once, not its content.
struct Excluded {
  std::string path{};       ///< Relative to the root, `/` separators; a folder ends with `/`.
  std::string rule{};       ///< The pattern as written, or the name of a built-in rule.
  std::string rule_file{};  ///< Relative to the root; empty for a built-in rule.
  int rule_line = 0;        ///< From 1; 0 for a built-in rule.
};

/// What a submit uploads. `files` are sorted by path bytes.
struct Plan {
  std::filesystem::path root{};
  std::vector<File> files{};
  std::vector<Excluded> excluded{};
  std::uint64_t bytes = 0;
  std::vector<std::string> warnings{};  ///< For the user: the limits that were passed, one sentence each.
  /// Of the ignore file in the root whose rules count, or that is to be made for some.
  std::string ignore_file = ".amlignore";

  /// Where the bytes of a file are read (a link's own path; it is followed).
  [[nodiscard]] std::filesystem::path absolute(File const& file) const { return root / file.path; }
};

/// Looks at a folder as docs/snapshot.md says. Follows links; a folder is not entered again from within itself, which
/// the plan notes as left out by `link-loop`. Opens a descriptor for each level of folders, 256 at most.
/// @throws ValidationError (every fault found, at most 20; or a limit passed, with the ten heaviest) ; StoppedError
Plan make_plan(std::filesystem::path const& root, SnapshotOptions const& options = {},
               std::stop_token const& stop = {});

/// The rule that leaves out `path` (relative, `/` separators) or a folder above it; nullptr when it is not left out.
Excluded const* find_exclusion(Plan const& plan, std::string const& path);

/// The service's content hash, version 202208: 64 lower-case hex digits. Reads every file once, streamed.
/// `on_bytes` is called with the bytes read since the last call. @throws FileError naming the file, also when its size
/// has changed.
std::string content_hash(Plan const& plan, std::function<void(std::uint64_t, std::string const&)> const& on_bytes = {},
                         std::stop_token const& stop = {});

}  // namespace azureml::snapshot
