#pragma once
#include <azureml/compute.hpp>
#include <azureml/context.hpp>
#include <azureml/credential.hpp>
#include <azureml/datastore.hpp>
#include <azureml/experiment.hpp>
#include <azureml/log.hpp>
#include <azureml/pager.hpp>
#include <azureml/run.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace azureml {

/// For every way to open a workspace. No global state anywhere: two workspaces with two log handlers do not meet.
struct WorkspaceOptions {
  Credential credential{};                      ///< Required for the service; `local` brings its own.
  LogHandler on_log_record{};                   ///< Empty: silence.
  LogLevel log_level = LogLevel::info;
  std::chrono::seconds request_timeout{100};    ///< For one attempt of one request; transfers: without any progress.
  std::string resource_manager_url{};           ///< Empty: https://management.azure.com. For other clouds.
  std::string application_id{};                 ///< Appended to User-Agent.
};
struct LocalOptions {
  std::filesystem::path home{};            ///< Empty: AZUREML_ENGINE_HOME, else ~/.azureml/engine.
  std::filesystem::path engine_program{};  ///< Empty: AZUREML_ENGINE_PROGRAM, beside the executable, the installed path, PATH; else EngineError naming all of them.
  bool start = true;                       ///< false: attach only.
};
struct WorkspaceInfo {
  std::string subscription_id{}, resource_group{}, workspace_name{};
};

/// Where experiments, computes, datastores and runs live. Copies refer to the same; may be shared between threads. Holds no thread but
/// the HTTP library's pool of two.
class Workspace {
 public:
  /// The engine of this machine, started if none runs. From then on a workspace like any other. @throws EngineError
  static Workspace local(LocalOptions const& local = {}, WorkspaceOptions const& options = {});
  /// Reads the `config.json` that the Azure portal offers. `path`: the file or a folder with it; empty: `.azureml/config.json`,
  /// `aml_config/config.json` or `config.json` in the working directory or the nearest parent that has one. No request.
  /// @throws ValidationError naming where was looked or what is missing in the file
  static Workspace from_config(std::filesystem::path const& path = {}, WorkspaceOptions const& options = {});
  /// No request; the first call that needs the service finds out whether the workspace exists.
  static Workspace get(WorkspaceInfo const& info, WorkspaceOptions const& options = {});

  std::string const& name() const noexcept;
  std::string const& subscription_id() const noexcept;
  std::string const& resource_group() const noexcept;
  Experiment experiment(std::string name) const { return Experiment(*this, std::move(name)); }
  Run get_run(std::string_view run_id, Context const& context = {}) const;         ///< One request. @throws NotFoundError
  Pager<Run> get_runs(GetRunsOptions const& options = {}) const;                   ///< Newest first; one request a page.
  Datastore get_default_datastore(Context const& context = {}) const;              ///< One request.
  Datastore get_datastore(std::string_view name, Context const& context = {}) const;          ///< One request. @throws NotFoundError
  Pager<Datastore> get_datastores() const;                                         ///< All, also of types not known here; one request a page.
  /// One request, the first time two more. @throws NotFoundError
  void set_default_datastore(std::string_view name, Context const& context = {}) const;
  /// Makes a container known. One request, without `overwrite` two. Secrets are read from their source now and sent to the service only.
  /// @throws ValidationError before any request; ServiceError with status 409 when there is one of the name and `overwrite` is false
  Datastore register_azure_blob_container(BlobContainerOptions const& options, Context const& context = {}) const;
  Datastore register_azure_file_share(FileShareOptions const& options, Context const& context = {}) const;  ///< Likewise.
  ComputeTarget get_compute_target(std::string_view name, Context const& context = {}) const; ///< One request. @throws NotFoundError

 private:
  friend struct detail::Access;
  friend class Experiment;
  struct State;
  explicit Workspace(std::shared_ptr<State const> state) noexcept : state_(std::move(state)) {}
  std::shared_ptr<State const> state_;
};

}  // namespace azureml
