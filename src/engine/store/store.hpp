#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace azureml::engine::store {

using TimePoint = std::chrono::system_clock::time_point;
using StringMap = std::map<std::string, std::string>;

struct CodeRecord {
  std::string name{}, version{}, code_uri{}, description{};
  StringMap tags{}, properties{};  ///< `hash_sha256` and `hash_version` among them, as strings
  bool archived = false;
  TimePoint created{};
};
struct EnvironmentRecord {
  std::string name{}, version{}, image{}, conda_file{};
  std::string build{};             ///< JSON of the build context as sent; empty: none
  std::string description{};
  StringMap tags{}, properties{};
  bool anonymous = false, archived = false;
  TimePoint created{};
};
struct ExperimentRecord {
  std::string id{}, name{};
  TimePoint created{};
};
struct JobRecord {
  std::string name{};        ///< = run id
  std::string experiment{};
  std::string job_type{"Command"};
  std::string display_name{}, description{};
  std::string definition{};  ///< JSON: the job's properties as accepted, without display name, description, tags
  StringMap tags{}, properties{};
  bool archived = false;
  std::string status{"Starting"};
  std::string status_detail{};
  bool cancel_requested = false;
  std::string attempt_id{};          ///< of the current supervisor; empty before the first spawn
  std::uint64_t applied_seq = 0;     ///< last journal record folded in
  std::string error{};               ///< JSON {"code","message","phase","exit_code","signal","last_output"}; empty: none
  std::vector<std::string> warnings{};
  TimePoint created{};
  std::optional<TimePoint> started{}, ended{};
};
struct BlobRecord {
  std::string container{}, name{};   ///< of uploaded blobs; a run's artifacts have no record
  std::string content_type{}, content_md5{}, etag{};
  StringMap metadata{};              ///< names in lower case
  std::uint64_t size = 0;
  TimePoint modified{};
};
/// A piece of a blob that was put together of blocks, in their order: a later list of blocks may name it again.
struct BlockRecord {
  std::string id{};                  ///< As the client spells it: base64
  std::uint64_t size = 0;
  friend bool operator==(BlockRecord const&, BlockRecord const&) = default;
};
/// A datastore that a client has registered. The two of every workspace have no record.
struct DatastoreRecord {
  std::string name{};
  std::string type{};                ///< "AzureBlob", "AzureFile"
  std::string account{}, container{};  ///< `container`: of a file share its name
  std::string endpoint{}, protocol{};  ///< as sent: "core.windows.net", "https"
  std::string credentials_type{};    ///< "AccountKey", "Sas", "None"
  std::string secret{};              ///< key or SAS; never in a reply but that of listSecrets, never in a log
  std::string description{};
  StringMap tags{}, properties{};
  TimePoint created{};
};
/// A version of a data asset.
struct DataRecord {
  std::string name{}, version{};
  std::string type{"uri_folder"};    ///< "uri_folder", "uri_file", "mltable"
  std::string uri{}, description{};
  StringMap tags{}, properties{};
  bool anonymous = false, archived = false;
  TimePoint created{};
};
template <class T>
struct Page {
  std::vector<T> items{};
  std::string next{};                ///< opaque; empty at the end
};

/// What a journal record or the engine changes in a job. Members not set stay as they are.
struct JobChange {
  std::optional<std::string> status{}, status_detail{}, attempt_id{}, error{};
  std::optional<TimePoint> started{}, ended{};
  std::vector<std::string> add_warnings{};
};

/// True when a job may go from one status to the other. The stations are Starting, Queued, Preparing, Running, Finalizing, then
/// Completed, Failed or Canceled: forward only, stations may be skipped, any one that is not terminal may lead to a terminal one or to
/// CancelRequested, and CancelRequested leads to a terminal one only (Completed when the run was faster). Terminal states are never left;
/// unknown words lead nowhere. A status is no step to itself.
bool allowed_step(std::string const& from, std::string const& to) noexcept;
bool is_terminal(std::string const& status) noexcept;

/// The engine's database (SQLite, write-ahead log, synchronous FULL). Only the engine opens it, and only its store thread uses this object
/// (another thread may make it and hand it over). Every call is one transaction, durable when it returns, and leaves nothing behind when it
/// throws. @throws std::runtime_error with one sentence naming the file, what is wrong (locked, disk full, damaged, …) with SQLite's
/// words, and what to do.
class Store {
 public:
  /// Opens or makes the file (mode 0600: it holds the secrets of datastores); its directory must exist. An older store is brought to the schema of this program; a newer one, and the
  /// database of another program, are refused untouched.
  explicit Store(std::filesystem::path const& database);
  ~Store();
  Store(Store const&) = delete;
  Store& operator=(Store const&) = delete;

  std::optional<CodeRecord> find_code(std::string const& name, std::string const& version);
  std::optional<CodeRecord> find_code_by_hash(std::string const& hash);   ///< newest of the whole workspace
  std::vector<CodeRecord> list_code_versions(std::string const& name);    ///< newest first
  bool add_code(CodeRecord const& code);                                  ///< false: exists already (unchanged)
  /// True when a job, another code, a data asset or a datastore names the code or the container its files lie in.
  bool is_code_used(std::string const& name, std::string const& version, std::string const& container);
  /// Forgets a code with its container and all that is recorded in it; the files are the caller's. False when it is used, or not there.
  bool remove_unused_code(std::string const& name, std::string const& version, std::string const& container);

  std::optional<EnvironmentRecord> find_environment(std::string const& name, std::string const& version);
  std::vector<EnvironmentRecord> list_environment_versions(std::string const& name);  ///< newest first
  bool add_environment(EnvironmentRecord const& environment);             ///< false: exists already (unchanged)

  ExperimentRecord ensure_experiment(std::string const& name);            ///< made at the first use
  std::optional<ExperimentRecord> find_experiment(std::string const& name);
  std::optional<ExperimentRecord> find_experiment_by_id(std::string const& id);

  bool add_job(JobRecord const& job);                                     ///< false: the name exists
  std::optional<JobRecord> find_job(std::string const& name);
  struct JobFilter {
    std::string experiment{}, job_type{};
    StringMap tags{};                                                     ///< empty value: has the tag
    std::optional<bool> archived{};
  };
  static constexpr std::size_t kFilterTagsMax = 8;
  /// Newest first, by time of creation, then by order of arrival. `after` is `Page::next` of the page before; at most 5,000 items.
  /// @throws std::invalid_argument when `after` is none of ours or there are too many tags
  Page<JobRecord> list_jobs(JobFilter const& filter, std::string const& after, std::size_t limit);
  /// Writes display name, description, tags, properties and archived, nothing else; no job of that name: nothing.
  void update_job_labels(JobRecord const& job);
  std::vector<JobRecord> unfinished_jobs();                               ///< in order of creation
  /// Folds journal record `seq` (from 1); false when it was folded before or the step is not allowed (then only `applied_seq` moves on).
  /// A change whose status is the present one is no step and applies, unless that status is terminal.
  bool apply_record(std::string const& name, std::uint64_t seq, JobChange const& change);
  /// A change by the engine itself (queued, cancel requested, supervisor lost); false when the step is not allowed.
  bool change_job(std::string const& name, JobChange const& change);
  /// Sets the mark and CancelRequested; a job that has ended, or that there is not, stays as it is.
  void request_cancel(std::string const& name);

  /// What refers to the files of a job, in words: a data asset, or a job that has not ended; empty: nothing.
  std::string user_of_job(std::string const& name);
  /// Forgets a job that has ended and what was uploaded to it; its folder is the caller's. False when it has not, or there is none.
  bool remove_job(std::string const& name);

  std::optional<DatastoreRecord> find_datastore(std::string const& name);
  std::vector<DatastoreRecord> list_datastores();                         ///< by name
  void put_datastore(DatastoreRecord const& datastore);                   ///< adds or replaces
  bool remove_datastore(std::string const& name);                         ///< when it was the default, the workspace's own is again
  std::string default_datastore();                                        ///< empty: the workspace's own
  void set_default_datastore(std::string const& name);

  std::optional<DataRecord> find_data(std::string const& name, std::string const& version);
  std::vector<DataRecord> list_data_versions(std::string const& name);    ///< newest first
  std::vector<std::string> list_data_names();                             ///< in byte order
  bool add_data(DataRecord const& data);                                  ///< false: exists already (unchanged)
  void update_data_labels(DataRecord const& data);                        ///< description, tags, properties and archived; none of that name: nothing
  bool remove_data(std::string const& name, std::string const& version);

  void add_container(std::string const& container);
  bool has_container(std::string const& container);
  std::optional<BlobRecord> find_blob(std::string const& container, std::string const& name);
  /// Adds or replaces. `blocks`: of what it was put together; empty: of none.
  void put_blob(BlobRecord const& blob, std::vector<BlockRecord> const& blocks = {});
  void put_blobs(std::vector<BlobRecord> const& blobs);                   ///< all or none
  void update_blob_labels(BlobRecord const& blob);                        ///< metadata, etag and time; no such blob: nothing
  std::vector<BlockRecord> find_blocks(std::string const& container, std::string const& name);
  bool remove_blob(std::string const& container, std::string const& name);
  /// In byte order of the names, those after `after`; `Page::next` is the last name of the page. At most 5,000 items.
  Page<BlobRecord> list_blobs(std::string const& container, std::string const& prefix, std::string const& after, std::size_t limit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace azureml::engine::store
