#pragma once
#include "base/unique_fd.hpp"
#include "engine/runner/engine_revival.hpp"
#include "engine/runner/run_paths.hpp"
#include "engine/runner/tree_watch.hpp"

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>

namespace azureml::engine::runner {

/// Why a supervisor ends its run before the script has ended.
enum class Stop { none, canceled, terminated, timed_out };

/// Thrown out of a wait when the run is to end.
struct Interrupted {
  Stop why = Stop::none;
};

/// How a supervisor waits: for a child, for the `cancel` file, for SIGTERM, for files that change — one poll, no thread. Made once in a
/// process: it blocks the signals it reads, ignores SIGHUP, SIGINT and SIGPIPE, and makes the process a child subreaper.
class ChildWait {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// What is to be done besides, by whoever follows files.
  struct Chores {
    std::function<std::optional<Time>()> next{};  ///< When `run` has something to do; nothing: not.
    std::function<void(Time now)> run{};
  };
  explicit ChildWait(RunPaths paths);
  TreeWatch& files() noexcept { return files_; }
  void set_chores(Chores chores) { chores_ = std::move(chores); }

  /// Waits for the end of a child; its descendants that lost their parents are reaped on the way.
  /// @returns the status as waitpid gives it @throws Interrupted at a cancel, at SIGTERM, at the deadline
  int wait(pid_t child, std::optional<Time> deadline);
  [[nodiscard]] Stop stop() const noexcept { return stop_; }
  /// @throws Interrupted when a cancel or SIGTERM has come
  void check();
  /// Looks for the `cancel` file, without waiting.
  bool look_for_cancel();

 private:
  void read_signals();
  std::optional<int> reap(pid_t child);
  RunPaths paths_;
  base::UniqueFd signals_{};
  TreeWatch files_{};
  std::optional<EngineRevival> engine_{};  ///< Of a run that lies in a home.
  Chores chores_{};
  Stop stop_ = Stop::none;
};

}  // namespace azureml::engine::runner
