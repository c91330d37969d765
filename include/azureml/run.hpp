#pragma once
#include <azureml/context.hpp>
#include <azureml/error.hpp>
#include <azureml/fwd.hpp>
#include <azureml/log_cursor.hpp>
#include <azureml/pager.hpp>
#include <azureml/run_info.hpp>
#include <azureml/transfer.hpp>

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
  std::optional<int> queue_position{}, queue_length{};  ///< From 1, while the run waits; only an engine says them.
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
  std::optional<int> rank{};            ///< The process that wrote it; none for logs that belong to no process.
  LogCursor const* cursor = nullptr;    ///< The place behind these bytes: store it with them to go on there another time.
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
  LogCursor from{};    ///< Where an earlier call, perhaps of another process, has ended. See `LogChunk::cursor`.
  std::vector<int> ranks{};          ///< The logs of these processes. Empty: of the first, rank 0.
  bool all_ranks = false;            ///< The logs of all processes; several logs are followed with a delay of a second.
  std::vector<std::string> files{};  ///< Instead: these logs, by their names in `RunDetails::log_files`, once they are there.
};

struct DownloadFileOptions {
  bool overwrite = true;  ///< false: a file that is there is left alone.
  ProgressHandler on_progress{};
  std::function<void(TransferReport const&)> on_report{};  ///< Called once, at the end: what was moved and what was there.
};
struct DownloadFilesOptions {
  std::string prefix{};                      ///< A folder of the run: `outputs` is all in it, and never `outputs2`. Empty: all files.
  std::vector<std::string> names{};          ///< Instead of a prefix: these files and no others.
  std::filesystem::path output_directory{};  ///< Made when it is not there. Empty: the working directory.
  bool append_prefix = true;                 ///< false: without the folders of the prefix: `outputs/a/b` becomes `a/b`.
  bool overwrite = true;                     ///< false: a file that is there is left alone and counted as skipped.
  ProgressHandler on_progress{};
};
struct DownloadOutputOptions {
  bool overwrite = true;  ///< As above.
  ProgressHandler on_progress{};
};
struct RestoreSnapshotOptions {
  bool overwrite = false;  ///< true: files that are there with another content are replaced.
  ProgressHandler on_progress{};
};
struct GetChildrenOptions {
  std::map<std::string, std::string> tags{}, properties{};  ///< All of them; an empty value means "has this".
  std::string type{}, status{};                             ///< As in `GetRunsOptions`.
  RunView view = RunView::active_only;
};
/// A file of this machine and the name it gets among the run's files.
struct FileToUpload {
  std::string name{};
  std::filesystem::path path{};
};
struct UploadFilesOptions {
  ProgressHandler on_progress{};
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
  /// drained. A lost connection is mended or thrown, never taken for the end. The callback runs on the calling thread; its exception ends
  /// the call and reaches the caller. @throws TransportError when a log has become shorter than what was read of it; ValidationError
  RunStatus follow_logs(LogChunkHandler const& on_log, FollowOptions const& options = {}, Context const& context = {}) const;

  RunDetails cancel(Context const& context = {}) const;    ///< Asks, and waits until it is terminal or the context ends. Idempotent.
  void request_cancel(Context const& context = {}) const;  ///< Asks only. One request.

  /// What it is called and filed under. One request, as each of the next ten (the first time in a workspace two more).
  RunInfo get_info(Context const& context = {}) const;
  std::map<std::string, std::string> get_tags(Context const& context = {}) const;
  std::map<std::string, std::string> get_properties(Context const& context = {}) const;
  /// Adds tags; those that are there under these keys get the new values, others stay. No tags: no request. @throws ValidationError for an
  /// empty key or text that is not UTF-8, before any request, here and below; NotFoundError; ServiceError
  void set_tags(std::map<std::string, std::string> const& tags, Context const& context = {}) const;
  void tag(std::string_view key, std::string_view value = {}, Context const& context = {}) const;
  void remove_tags(std::vector<std::string> const& keys, Context const& context = {}) const;  ///< Keys that are not there are no error.
  /// Properties are written once: one that is there with another value is the service's error, and nothing is changed.
  void add_properties(std::map<std::string, std::string> const& properties, Context const& context = {}) const;
  void set_display_name(std::string_view name, Context const& context = {}) const;      ///< An empty name is a ValidationError.
  void set_description(std::string_view description, Context const& context = {}) const;
  void archive(Context const& context = {}) const;  ///< Out of the lists of active runs; everything else stays.
  void restore(Context const& context = {}) const;  ///< Back into them.

  /// The runs this one has started, in the service's order. A lazy range, one request a page. The service is asked for what `GetRunsOptions`
  /// says it can be asked for, and everything is looked at again here.
  Pager<Run> get_children(GetChildrenOptions const& options = {}) const;

  /// Writes all logs of the run (`user_logs/…`, `azureml-logs/…`, `system_logs/…`) as they are now below a directory, which is made; those
  /// of an earlier call are replaced. Also of a run that goes on. Each is visible only complete. Requests: one, one a page of names and one
  /// a log. Returns where they lie. @throws ValidationError for names that would leave the directory; FileError; ServiceError
  std::vector<std::filesystem::path> get_all_logs(std::filesystem::path const& directory, Context const& context = {}) const;

  /// The names of the run's files (`outputs/…`, `logs/…`, `user_logs/…`) below a folder of them, or all, in the service's order; none when
  /// it has none. A lazy range, one request a page; the context's time is that of all pages together.
  Pager<std::string> get_file_names(std::string_view prefix = {}, Context const& context = {}) const;
  /// Downloads one file: streamed, verified, visible only complete, and resumed where an interrupted call has ended. No path: its base name
  /// in the working directory; an existing directory: its base name in there; parent folders are made. Two requests, more for a large
  /// file. Returns where it lies. @throws NotFoundError with `available()`; TransportError when the bytes are not those promised; FileError
  std::filesystem::path download_file(std::string_view name, std::filesystem::path const& output_file_path = {},
                                      Context const& context = {}) const;
  std::filesystem::path download_file(std::string_view name, std::filesystem::path const& output_file_path, DownloadFileOptions const& options,
                                      Context const& context = {}) const;
  /// Downloads many files in parallel, each as above; they keep their names as paths below the directory. One request a page of names and
  /// one a file. Names that could leave the directory are refused before anything is fetched (of more than 10,000 files: before any of
  /// their page is). @throws NotFoundError with `available()` when nothing is below the prefix; ValidationError for such names; as above
  TransferReport download_files(DownloadFilesOptions const& options = {}, Context const& context = {}) const;

  /// Adds files to the run's, also after its end. Names are relative, with forward slashes, and are given once: a file of that name and
  /// another content is an error, one of the same content is not sent again, so that an interrupted call can be made again. One request
  /// for 50 files and one a file. @throws ValidationError for names and files that cannot be, before any request; ServiceError; FileError
  TransferReport upload_file(std::string_view name, std::filesystem::path const& path, UploadFilesOptions const& options = {},
                             Context const& context = {}) const;
  TransferReport upload_files(std::vector<FileToUpload> const& files, UploadFilesOptions const& options = {}, Context const& context = {}) const;
  /// All files below a folder, hidden ones too, links followed; their names are `name` and their path below the folder.
  TransferReport upload_folder(std::string_view name, std::filesystem::path const& path, UploadFilesOptions const& options = {},
                               Context const& context = {}) const;

  /// The service's id of the snapshot the run was submitted with; empty when there was none. One request.
  std::string get_snapshot_id(Context const& context = {}) const;
  /// Writes the files the run was submitted with into a directory, which is made when it is not there; files have no execute bits, as on
  /// the compute. @throws ValidationError naming files that are there with another content, before anything is written; NotFoundError when
  /// the run has no snapshot; ServiceError when its storage is not one the workspace gives access to; as `download_files`
  TransferReport restore_snapshot(std::filesystem::path const& directory, RestoreSnapshotOptions const& options = {},
                                  Context const& context = {}) const;
  /// Downloads what a named output of the run holds into a directory; "default" are the run's own files.
  /// @throws NotFoundError whose `available()` are the run's outputs; as `download_files`
  TransferReport download_output(std::string_view name, std::filesystem::path const& directory, DownloadOutputOptions const& options = {},
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
