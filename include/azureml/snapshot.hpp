#pragma once
#include <azureml/context.hpp>
#include <azureml/transfer.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace azureml {

enum class IgnoreRules {
  git,      ///< As git does: nested files, the files of parents within the root; `.amlignore` in the root wins over `.gitignore` there.
  service,  ///< As the Python SDK does, so that both find each other's upload: one file, in the root; no deny list.
};

/// What may go up and what must not. A value; every default is a rule of docs/snapshot.md.
struct SnapshotOptions {
  IgnoreRules ignore = IgnoreRules::git;
  std::vector<std::string> allow{};               ///< Lifts the deny list: names of its rules (`"private-key"`, `".env*"`) or paths relative to the root.
  std::uint64_t bytes_warn = 300ULL << 20;        ///< More than this is a warning (Python's limit). 0: never.
  std::uint64_t files_warn = 2000;                ///< Likewise.
  std::optional<std::uint64_t> bytes_max{};       ///< More than this is a ValidationError naming the worst paths.
  std::optional<std::uint64_t> files_max{};       ///< Likewise.
  bool use_cache = true;                          ///< Remembers hashes of unchanged files between runs, in the user's cache directory.
  friend bool operator==(SnapshotOptions const&, SnapshotOptions const&) = default;
};

struct SnapshotFile {
  std::string path{};  ///< Relative to the root, `/` separators.
  std::uint64_t size = 0;
};
/// A file or folder left out (then its path ends with `/`, and its content is not looked at), and the rule that did it.
struct SnapshotExclusion {
  std::string path{};
  std::string rule{};       ///< The pattern as written, or the name of a rule of the deny list.
  std::string rule_file{};  ///< Relative to the root; empty for the deny list.
  int rule_line = 0;        ///< From 1; 0 for the deny list.
};
/// A folder or file and all below it.
struct SnapshotWeight {
  std::string path{};         ///< A folder ends with `/`.
  std::uint64_t bytes = 0, files = 0;
  std::string ignore_line{};  ///< The line of an ignore file in the root that leaves it out.
};
/// What a submit of the folder would upload. A value.
struct SnapshotPlan {
  std::filesystem::path root{};
  std::vector<SnapshotFile> files{};          ///< Sorted by the bytes of the path.
  std::vector<SnapshotExclusion> excluded{};  ///< Likewise.
  std::uint64_t bytes = 0;
  std::vector<SnapshotWeight> largest{};      ///< The ten heaviest folders and files, none within another of the list; heaviest first.
  std::vector<std::string> warnings{};        ///< Limits passed, one sentence each, with what to do.
};

/// Looks at a folder as `Experiment::submit` does. No request. @throws ValidationError naming every fault of the folder, or the budget
/// passed (`bytes_max`, `files_max`) with the ten worst paths and the lines that would leave them out; StoppedError
[[nodiscard]] SnapshotPlan snapshot_plan(std::filesystem::path const& source_directory, SnapshotOptions const& options = {},
                                         Context const& context = {});
/// `{"root","files":[{"path","size"}],"excluded":[{"path","rule","rule_file","rule_line"}],"bytes","largest":[…],"warnings":[…]}`
std::string to_json(SnapshotPlan const& plan, int indent = 2);

}  // namespace azureml
