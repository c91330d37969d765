#pragma once
// The client's reading of the service's REST surface: one struct for each resource with the members the library uses,
// one function for each operation. Absent members and null are the same. Every function is one request unless it says
// otherwise.
#include "core/job_definition.hpp"
#include "rest/connection.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace azureml::rest {

using TimePoint = std::chrono::system_clock::time_point;
using StringMap = std::map<std::string, std::string>;

// ---- workspace and discovery
// -------------------------------------------------------------------------------------------------
struct WorkspaceResource {
  std::string id{}, name{}, location{}, workspace_id{}, discovery_url{};
};
WorkspaceResource get_workspace(Connection const& connection, Context const& context);

/// Capabilities are what an engine announces under "azureml-cpp" (a JSON object); on the service all are absent.
struct Discovery {
  std::string api{};                                       ///< Base of all data planes.
  std::string studio{};                                    ///< Base of the pages for people; empty when it says none.
  std::optional<std::chrono::milliseconds> follow_wait{};  ///< `followWaitMs`: the longest a log GET may be held.
  bool connections = false, job_secrets = false;
};
Discovery get_discovery(Connection const& connection, std::string const& discovery_url, Context const& context);

// ---- code assets
// ----------------------------------------------------------------------------------------------------------------
struct CodeVersion {
  std::string id{}, name{}, version{}, code_uri{};
  StringMap properties{};
};
/// Looks in the whole workspace for a code asset of this content hash: the first that `accept`, when given, agrees to.
std::optional<CodeVersion> find_code(Connection const& connection, std::string const& name,
                                     std::string const& content_hash, Context const& context,
                                     std::function<bool(CodeVersion const&)> const& accept = {});
CodeVersion get_code(Connection const& connection, std::string const& name, std::string const& version,
                     Context const& context);
struct PendingUpload {
  std::string blob_uri{}, sas_uri{};
};
PendingUpload start_pending_upload(Connection const& connection, std::string const& name, std::string const& version,
                                   Context const& context);
CodeVersion put_code(Connection const& connection, std::string const& name, std::string const& version,
                     std::string const& code_uri, StringMap const& properties, Context const& context);

// ---- environments
// ---------------------------------------------------------------------------------------------------------------
/// Registers and returns the ARM id.
std::string put_environment(Connection const& connection, core::JobEnvironment const& environment,
                            Context const& context);

// ---- jobs
// -----------------------------------------------------------------------------------------------------------------------
struct JobIds {
  std::string code_id{}, environment_id{};
};
struct JobLabels {
  std::string experiment_name{}, display_name{}, description{};
  StringMap tags{};
};
struct JobOutput {
  std::string type{}, uri{};  ///< `uri_folder`, `uri_file`, …; the service leaves the address empty for its own choice.
};
struct Job {
  std::string id{}, name{}, type{}, status{}, experiment_name{}, display_name{}, description{}, compute_id{},
      studio_url{}, code_id{}, parent{};
  bool archived = false;
  StringMap tags{}, properties{};
  std::map<std::string, JobOutput> outputs{};
  std::optional<TimePoint> created{};
};
/// The JSON body of a command job, for the golden files.
std::string command_job_body(Connection const& connection, core::JobDefinition const& job, JobIds const& ids,
                             JobLabels const& labels);
Job put_command_job(Connection const& connection, std::string const& name, core::JobDefinition const& job,
                    JobIds const& ids, JobLabels const& labels, Context const& context);
Job get_job(Connection const& connection, std::string const& name, Context const& context);
/// `next` empty: the first page. `tag`: `key` or `key=value`.
Page<Job> list_jobs(Connection const& connection, std::string const& next, std::vector<std::string> const& tags,
                    Context const& context);
struct JobQuery {
  std::vector<std::string> tags{};       ///< As above.
  std::string view{"ActiveOnly"};        ///< `ActiveOnly`, `ArchivedOnly`, `All`.
  std::string type{};                    ///< `Command`, `Sweep`, …; empty: all.
};
Page<Job> query_jobs(Connection const& connection, std::string const& next, JobQuery const& query,
                     Context const& context);
/// Asks for cancellation; does not wait for it.
void cancel_job(Connection const& connection, std::string const& name, Context const& context);

// ---- run history
// ----------------------------------------------------------------------------------------------------------------
struct RunError {
  std::string code{}, message{}, inner_code{};
  std::string phase{}, last_output{};  ///< From additionalInfo / debugInfo when an engine gives them.
  std::optional<int> exit_code{}, signal{}, rank{};
};
struct Details {
  std::string run_id{}, target{}, status{}, submitted_by{}, status_detail{}, run_definition{};
  std::optional<TimePoint> start_time{}, end_time{};
  std::optional<RunError> error{};
  std::vector<std::string> warnings{};
  StringMap properties{}, tags{}, log_files{};
  std::optional<int> queue_position{}, queue_length{};  ///< Only an engine says them.
};
/// `api` is Discovery::api.
/// Asks an engine (capability `followWaitMs`) to hold the answer while the status is still the known word, that long at
/// most: headers `Prefer: wait=<seconds>` and `x-azureml-known-status: <word>`. The attempt's timeout is extended by
/// it.
struct Hold {
  std::string known_status{};
  std::chrono::milliseconds wait{};
};
Details get_details(Connection const& connection, std::string const& api, std::string const& run_id,
                    Context const& context, std::optional<Hold> const& hold = {});
/// The ids of the data assets that the run's outputs became, by output; empty while there are none.
StringMap get_output_assets(Connection const& connection, std::string const& api, std::string const& run_id,
                            Context const& context);
/// Where an asset's data lie, from its internal id (`azureml://locations/…`); empty when the service does not say.
std::string resolve_asset(Connection const& connection, std::string const& api, std::string const& asset_id,
                          Context const& context);

// ---- artifacts
// ------------------------------------------------------------------------------------------------------------------
struct Artifact {
  std::string path{};
};
/// @param prefix the beginning of the names asked for; empty: all @param continuation empty: the first page
Page<Artifact> list_artifacts(Connection const& connection, std::string const& api, std::string const& run_id,
                              std::string const& prefix, std::string const& continuation, Context const& context);
/// An artifact and its signed address, which is empty when the service does not say it here.
struct ArtifactAddress {
  std::string path{}, uri{};
};
/// The same with readable addresses.
Page<ArtifactAddress> list_artifact_addresses(Connection const& connection, std::string const& api,
                                              std::string const& run_id, std::string const& prefix,
                                              std::string const& continuation, Context const& context);
/// A readable, signed address of one artifact. @throws NotFoundError
std::string get_artifact_uri(Connection const& connection, std::string const& api, std::string const& run_id,
                             std::string const& path, Context const& context);
/// A writable one, also of an artifact that is there already.
std::string get_artifact_write_uri(Connection const& connection, std::string const& api, std::string const& run_id,
                                   std::string const& path, Context const& context);
struct CreatedArtifacts {
  std::vector<ArtifactAddress> created{};  ///< Writable.
  StringMap refused{};                     ///< Path → why, for a sentence; most often because it is there already.
};
inline constexpr std::size_t kArtifactBatchMax = 50;
/// Makes artifacts whose bytes are still to come, at most `kArtifactBatchMax`.
CreatedArtifacts create_artifacts(Connection const& connection, std::string const& api, std::string const& run_id,
                                  std::vector<std::string> const& paths, Context const& context);

// ---- computes and datastores
// ----------------------------------------------------------------------------------------------------
struct Compute {
  std::string name{}, type{}, provisioning_state{};
};
Compute get_compute(Connection const& connection, std::string const& name, Context const& context);
struct DatastoreResource {
  std::string name{}, type{};  ///< The service's word: AzureBlob, AzureFile, …, also one that is not known here.
  std::string description{}, account_name{};
  std::string container_name{};        ///< Of a file share or a file system its name.
  std::string endpoint{}, protocol{};  ///< As the service says them; empty when it does not.
  std::string credential_type{};       ///< The service's word: AccountKey, Sas, None, …
  std::string subscription_id{}, resource_group{};
  bool is_default = false;
  StringMap tags{};
};
DatastoreResource get_datastore(Connection const& connection, std::string const& name, Context const& context);
std::optional<DatastoreResource> get_default_datastore(Connection const& connection, Context const& context);
/// `next` empty: the first page.
Page<DatastoreResource> list_datastores(Connection const& connection, std::string const& next, Context const& context);
/// What opens a storage account, never both. Must not reach a message or a log.
struct StorageSecret {
  std::string sas_token{};  ///< Without a leading `?`.
  std::string account_key{};
};
/// A signature for one hour where the service makes such, else the account's key.
StorageSecret list_datastore_secrets(Connection const& connection, std::string const& name, Context const& context);
/// Adds or replaces; `credential_type`, `name` and `is_default` of `datastore` are not sent: the secret says the first.
/// An error's words never hold the secret, whatever the service answers.
DatastoreResource put_datastore(Connection const& connection, DatastoreResource const& datastore,
                                StorageSecret const& secret, bool skip_validation, bool grant_workspace_access,
                                Context const& context);
/// Nothing happens when there is none of the name.
void delete_datastore(Connection const& connection, std::string const& name, Context const& context);
/// `api` is Discovery::api: the resource manager has no such operation.
void set_default_datastore(Connection const& connection, std::string const& api, std::string const& name,
                           Context const& context);

// ---- data assets
// ----------------------------------------------------------------------------------------------------------------
struct DataVersion {
  std::string id{}, name{}, version{};
  std::string type{}, uri{};  ///< `type`: uri_folder, uri_file, mltable.
  std::string description{};
  StringMap tags{}, properties{};
};
DataVersion get_data(Connection const& connection, std::string const& name, std::string const& version,
                     Context const& context);
/// The version that `azureml:{name}@latest` stands for.
std::string get_latest_data_version(Connection const& connection, std::string const& name, Context const& context);
/// Creates; `id` is the service's.
DataVersion put_data(Connection const& connection, DataVersion const& data, Context const& context);

}  // namespace azureml::rest
