#pragma once
// The client's reading of the service's REST surface: one struct for each resource with the members the library uses,
// one function for each operation. Absent members and null are the same. Every function is one request unless it says
// otherwise.
#include "core/job_definition.hpp"
#include "rest/connection.hpp"

#include <chrono>
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
/// Looks in the whole workspace for a code asset of this content.
std::optional<CodeVersion> find_code(Connection const& connection, std::string const& name,
                                     std::string const& content_hash, Context const& context);
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
struct Job {
  std::string id{}, name{}, type{}, status{}, experiment_name{}, display_name{}, description{}, compute_id{},
      studio_url{};
  StringMap tags{}, properties{};
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

// ---- artifacts
// ------------------------------------------------------------------------------------------------------------------
struct Artifact {
  std::string path{};
};
Page<Artifact> list_artifacts(Connection const& connection, std::string const& api, std::string const& run_id,
                              std::string const& continuation, Context const& context);
/// A readable, signed address of one artifact. @throws NotFoundError
std::string get_artifact_uri(Connection const& connection, std::string const& api, std::string const& run_id,
                             std::string const& path, Context const& context);

// ---- computes and datastores
// ----------------------------------------------------------------------------------------------------
struct Compute {
  std::string name{}, type{}, provisioning_state{};
};
Compute get_compute(Connection const& connection, std::string const& name, Context const& context);
struct DatastoreResource {
  std::string name{}, type{};
  bool is_default = false;
};
DatastoreResource get_datastore(Connection const& connection, std::string const& name, Context const& context);
std::optional<DatastoreResource> get_default_datastore(Connection const& connection, Context const& context);

}  // namespace azureml::rest
