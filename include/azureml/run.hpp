#pragma once
#include <azureml/context.hpp>
#include <azureml/error.hpp>
#include <azureml/fwd.hpp>

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace azureml {

enum class RunState {
  not_started, queued, starting, provisioning, preparing, running, finalizing, cancel_requested,
  completed, failed, canceled, not_responding, paused, unknown
};

/// `state()` for `switch`; `name()` is the service's word, kept also when it is new to us (then `unknown`, which is not terminal).
class RunStatus {
 public:
  RunStatus() = default;                         ///< NotStarted.
  explicit RunStatus(std::string_view name);     ///< From the service's word.
  RunState state() const noexcept { return state_; }
  std::string const& name() const noexcept { return name_; }
  bool is_terminal() const noexcept { return state_ == RunState::completed || state_ == RunState::failed || state_ == RunState::canceled; }
  friend bool operator==(RunStatus const& status, RunState state) noexcept { return status.state() == state; }
  friend bool operator==(RunStatus const&, RunStatus const&) = default;
  friend bool operator==(RunStatus const&, char const*) = delete;    ///< "Cancelled" would be false for ever: write `RunState::canceled`.
  friend std::ostream& operator<<(std::ostream&, RunStatus const&);  ///< "Completed"

 private:
  RunState state_ = RunState::not_started;
  std::string name_ = "NotStarted";
};

/// A snapshot of the run record, as `get_details()` of Python. A value; does not change by itself.
struct RunDetails {
  std::string run_id{}, experiment_name{}, target{}, submitted_by{};
  RunStatus status{};
  std::string status_detail{};  ///< Queue reason, environment phase; empty when the service does not say.
  std::optional<std::chrono::system_clock::time_point> start_time_utc{}, end_time_utc{};
  std::optional<RunFailure> error{};
  std::vector<std::string> warnings{};
  std::map<std::string, std::string> properties{}, tags{};
  std::map<std::string, std::string> log_files{};  ///< Name → URL with a signature: do not print.
  std::string run_definition{};                    ///< JSON as the service returned it.
};

/// New bytes of a log, exactly as written; may end within a line. The views live for the call only.
struct LogChunk {
  std::string_view text{}, file{};
  std::uint64_t offset = 0;  ///< Of the first byte within `file`.
};
using LogChunkHandler = std::function<void(LogChunk const&)>;

struct WaitOptions {
  bool show_output = false;          ///< Streams to standard output in Python's layout. Never use it in a GUI: take `on_log`.
  bool wait_post_processing = true;  ///< Python: false, and then outputs are not there yet. `false` returns at Finalizing.
  bool raise_on_error = true;        ///< RunFailedError, RunCanceledError.
  LogChunkHandler on_log{};          ///< On the waiting thread. An exception ends the wait and reaches the caller.
  std::function<void(RunDetails const&)> on_status{};  ///< On the waiting thread, when the status word has changed.
};

struct FollowOptions {
  bool follow = true;  ///< false: what is there now, then return.
};

/// A submitted run, referred to by id. Copies refer to the same run. Every member may be called from several threads at once.
/// Holds no thread and no connection; destroying it neither waits nor cancels.
class Run {
 public:
  std::string const& id() const noexcept;
  std::string const& experiment_name() const noexcept;
  std::string get_portal_url() const;          ///< No request; empty when the service gave none.
  RunStatus last_status() const;               ///< As last seen by this handle or a copy of it. No request.

  RunStatus get_status(Context const& context = {}) const;    ///< One request, none once terminal.
  RunDetails get_details(Context const& context = {}) const;  ///< One request.
  /// Until the run is terminal (and its log drained, when it is shown). One request for each polling interval (2 s at first, near 60 s
  /// after three minutes, as Python's; AZUREML_RUN_POLLING_INTERVAL_MIN and _MAX change it), none while waiting on an engine, which answers when there is
  /// something. @throws RunFailedError, RunCanceledError unless told not to; StoppedError when the context ends it; ServiceError
  RunDetails wait_for_completion(WaitOptions const& options = {}, Context const& context = {}) const;
  /// The bytes of the user's log (`user_logs/std_log*.txt`), each once, by position; returns when the run is terminal and the log
  /// drained. A lost connection is mended or thrown, never taken for the end. The callback runs on the calling thread.
  RunStatus follow_logs(LogChunkHandler const& on_log, FollowOptions const& options = {}, Context const& context = {}) const;

  RunDetails cancel(Context const& context = {}) const;    ///< Asks, and waits until it is terminal or the context ends. Idempotent.
  void request_cancel(Context const& context = {}) const;  ///< Asks only. One request.

  /// All artifact names of the run (`outputs/…`, `logs/…`, `user_logs/…`), sorted; empty when it has none. One request a page.
  std::vector<std::string> get_file_names(Context const& context = {}) const;
  /// Downloads one artifact, streamed, verified and visible only complete. No path: its base name in the working directory; an existing
  /// directory: its base name in there; parent folders are made. Two requests. Returns where it lies.
  /// @throws NotFoundError with `available()`; TransportError when the bytes are not those promised; FileError
  std::filesystem::path download_file(std::string_view name, std::filesystem::path const& output_file_path = {},
                                      Context const& context = {}) const;

  friend bool operator==(Run const& a, Run const& b) noexcept { return a.id() == b.id() && a.scope() == b.scope(); }
  friend std::strong_ordering operator<=>(Run const& a, Run const& b) noexcept;
  friend std::ostream& operator<<(std::ostream&, Run const&);  ///< `Run(Experiment: …, Id: …, Status: …)`

 private:
  friend struct detail::Access;
  struct State;
  explicit Run(std::shared_ptr<State const> state) noexcept : state_(std::move(state)) {}
  std::string const& scope() const noexcept;  ///< The workspace, so that equal ids of two workspaces differ.
  std::shared_ptr<State const> state_;
};

}  // namespace azureml

template <>
struct std::hash<azureml::Run> {
  std::size_t operator()(azureml::Run const& run) const noexcept { return std::hash<std::string>{}(run.id()); }
};
