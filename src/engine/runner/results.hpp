#pragma once
#include "engine/runner/run_paths.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// Brings `work/outputs` and `work/logs` to the run's artifacts: logs as they grow (append-only, visible by byte prefix), outputs once closed
/// and quiet for two seconds (visible only complete), and everything at the end. Links are followed only if they stay below `work`. One thread.
class Results {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit Results(RunPaths paths);

  void log_changed(std::filesystem::path const& relative);
  void output_changed(std::filesystem::path const& relative, bool closed, Time now);
  [[nodiscard]] std::optional<Time> next_due() const;  ///< When `publish_due` has something to do.
  void publish_due(Time now);
  /// The last pass over both folders, when nobody writes any more. With `move` complete outputs are renamed instead of copied.
  void collect_all(bool move);

  [[nodiscard]] std::uint64_t files() const noexcept { return published_.size(); }
  [[nodiscard]] std::uint64_t bytes() const noexcept;
  [[nodiscard]] std::vector<std::string> const& warnings() const noexcept { return warnings_; }
  [[nodiscard]] std::string const& failure() const noexcept { return failure_; }  ///< The first file that could not be kept at the end.

 private:
  /// What was published, to know whether it has changed since.
  struct Stamp {
    std::uint64_t size = 0, inode = 0;
    std::int64_t modified_ns = 0;
    bool operator==(Stamp const&) const = default;
  };
  struct Pending {
    bool closed = false;
    Time due{};
  };
  void publish_output(std::filesystem::path const& relative, bool move);
  void mirror_log(std::filesystem::path const& relative, bool verify);
  void collect(std::string const& folder, bool move);
  void collect_directory(std::filesystem::path const& relative, bool move, int depth);
  void collect_file(std::filesystem::path const& relative, bool move);
  void warn(std::string text);

  RunPaths paths_;
  std::map<std::string, Stamp> published_{};          ///< By path below `work`.
  std::map<std::filesystem::path, Pending> pending_{};  ///< Outputs, by path below `outputs`.
  std::set<std::pair<std::uint64_t, std::uint64_t>> open_directories_{};
  std::vector<std::string> warnings_{};
  std::string failure_{};
};

}  // namespace azureml::engine::runner
