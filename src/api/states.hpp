#pragma once
// What the handles hold. Plain structs, so that the library's own parts can use them; the handles' nested States add nothing.
#include "base/unique_fd.hpp"
#include "core/access.hpp"
#include "http/pipeline.hpp"
#include "log/logger.hpp"
#include "rest/rest.hpp"
#include "rest/run_records.hpp"

#include <azureml/compute.hpp>
#include <azureml/datastore.hpp>
#include <azureml/experiment.hpp>
#include <azureml/run.hpp>
#include <azureml/workspace.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace azureml::api {

/// The discovery document, fetched at the first need and kept for the workspace's life. Thread-safe; a failed fetch is tried again.
class DiscoveryCache {
 public:
  rest::Discovery get(rest::Connection const& connection, Context const& context);

 private:
  std::mutex mutex_{};
  std::optional<rest::Discovery> value_{};
};

struct WorkspaceState {
  std::string subscription_id{}, resource_group{}, name{};
  rest::Connection connection;
  logging::Logger logger{};
  std::shared_ptr<base::UniqueFd> attachment{};  ///< Held while a program uses a local engine, which then does not exit idle.
  std::shared_ptr<DiscoveryCache> discovery = std::make_shared<DiscoveryCache>();
  [[nodiscard]] base::Clock& clock() const noexcept { return connection.pipeline.clock(); }
};
using WorkspacePtr = std::shared_ptr<WorkspaceState const>;

/// What all copies of a Run share. The record's constant part is known from the start; the status is the last one seen.
struct RunRecord {
  WorkspacePtr workspace{};
  std::string id{}, experiment_name{}, portal_url{};
  std::shared_ptr<std::mutex> mutex = std::make_shared<std::mutex>();
  std::shared_ptr<RunStatus> last = std::make_shared<RunStatus>();
  void saw(RunStatus const& status) const {
    std::lock_guard const lock(*mutex);
    *last = status;
  }
  [[nodiscard]] RunStatus seen() const {
    std::lock_guard const lock(*mutex);
    return *last;
  }
};

/// One request, answered at once or held by an engine that can (see rest::Hold).
RunDetails fetch_details(RunRecord const& run, Context const& context, std::optional<rest::Hold> const& hold = {});

/// A run as a job record describes it.
Run make_run(WorkspacePtr const& workspace, rest::Job const& job);
/// A run of an experiment as the run history describes it; `studio` is Discovery's.
Run make_run(WorkspacePtr const& workspace, std::string const& experiment, std::string const& studio, rest::RunResource const& run);

}  // namespace azureml::api

namespace azureml {

struct Workspace::State : api::WorkspaceState {
  explicit State(api::WorkspaceState state) : api::WorkspaceState(std::move(state)) {}
};
struct Experiment::State {
  api::WorkspacePtr workspace{};
  std::string name{};
};
struct Run::State : api::RunRecord {
  explicit State(api::RunRecord state) : api::RunRecord(std::move(state)) {}
};
struct ComputeTarget::State {
  explicit State(rest::Compute compute) : resource(std::move(compute)) {}
  rest::Compute resource{};
};
struct Datastore::State {
  State(api::WorkspacePtr owner, rest::DatastoreResource datastore) : workspace(std::move(owner)), resource(std::move(datastore)) {}
  api::WorkspacePtr workspace{};
  rest::DatastoreResource resource{};
};

}  // namespace azureml
