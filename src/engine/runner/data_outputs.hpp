#pragma once
#include "base/unique_fd.hpp"
#include "engine/runner/run_data.hpp"
#include "engine/runner/run_paths.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// Makes blobs of what the script has left in the folders of its outputs, when nobody writes there any more. Files are
/// moved, not copied, where they can be. The order makes a batch safe against a death at any point: bytes on the disk,
/// lines of the manifest on the disk, files in their places, folders on the disk, `stored`. What was done before such a
/// death is in the manifest, the rest still in the folders, so it may simply be done again. Links are followed if they
/// stay below the output's folder or the script's working directory.
class DataOutputs {
 public:
  struct Batch {
    std::uint64_t begin = 0, end = 0;  ///< Of its lines in the manifest.
    std::uint64_t files = 0;
  };
  /// @param stored told of each batch that is in place
  DataOutputs(RunPaths paths, std::vector<DataOutput> const& outputs, std::function<void(Batch const&)> stored = {},
              std::size_t batch_files = 256);
  void store_all();  ///< @throws std::system_error when the manifest cannot be written, what `stored` throws

  [[nodiscard]] std::uint64_t files() const noexcept { return files_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool has_files(std::string const& output) const { return with_files_.contains(output); }
  [[nodiscard]] std::vector<std::string> const& warnings() const noexcept { return warnings_; }
  /// What could not be stored first, and where it lies now; empty: everything was.
  [[nodiscard]] std::string const& failure() const noexcept { return failure_; }

 private:
  struct Waiting {
    std::filesystem::path source{};
    bool temporary = false;
    std::string directory{}, blob{};  ///< The container's folder, and the name below it.
    std::string output{}, line{};
    std::uint64_t size = 0;
    base::UniqueFd file{};
  };
  void store_folder(DataOutput const& output, std::filesystem::path const& relative, int depth);
  void store_one(DataOutput const& output, std::filesystem::path const& relative);
  void take(DataOutput const& output, std::filesystem::path const& relative, std::string const& blob);
  base::UniqueFd open_source(DataOutput const& output, std::filesystem::path const& relative, struct stat& info) const;
  void flush();
  void make_durable();
  std::uint64_t append_lines();
  void put_in_place(Waiting& waiting);
  void sync_folders();
  void warn(std::string text);
  void fail(std::string const& output, std::filesystem::path const& file, std::string const& reason);

  RunPaths paths_;
  std::vector<DataOutput> const& outputs_;
  std::function<void(Batch const&)> stored_;
  std::size_t batch_files_;
  base::UniqueFd manifest_{};
  std::vector<Waiting> waiting_{};
  std::uint64_t waiting_bytes_ = 0;
  std::set<std::filesystem::path> changed_folders_{};
  std::uint64_t files_ = 0, bytes_ = 0;
  std::set<std::string> with_files_{};
  std::vector<std::string> warnings_{};
  std::string failure_{};
};

}  // namespace azureml::engine::runner
