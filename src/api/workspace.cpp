#include <azureml/workspace.hpp>

#include "api/config_file.hpp"
#include "api/local/attach.hpp"
#include "api/open.hpp"
#include "api/run_lists.hpp"
#include "base/clock.hpp"
#include "core/make_error.hpp"

namespace azureml {

namespace {

constexpr char kPublicCloud[] = "https://management.azure.com";
// The engine's one workspace; the same names for everybody.
constexpr char kLocalSubscription[] = "00000000-0000-0000-0000-000000000000";
constexpr char kLocalName[] = "local";

}  // namespace

Workspace Workspace::local(LocalOptions const& local, WorkspaceOptions const& options) {
  auto engine = api::attach(local, api::make_logger(options).named("azureml.local"));
  return api::open({.subscription_id = kLocalSubscription, .resource_group = kLocalName, .name = kLocalName, .resource_manager = engine.endpoint,
                    .token = std::move(engine.token), .endpoint = std::move(engine.endpoint_source), .attachment = std::move(engine.attachment)},
                   options);
}

Workspace Workspace::from_config(std::filesystem::path const& path, WorkspaceOptions const& options) {
  return get(api::read_config(path), options);
}

Workspace Workspace::get(WorkspaceInfo const& info, WorkspaceOptions const& options) {
  std::vector<Fault> faults;
  auto const require = [&](std::string const& value, char const* field) {
    if (value.empty()) faults.push_back({field, "is empty", "take it from the workspace's page in the Azure portal"});
  };
  require(info.subscription_id, "subscription_id");
  require(info.resource_group, "resource_group");
  require(info.workspace_name, "workspace_name");
  if (options.credential.empty())
    faults.push_back({"credential", "none was given", "set WorkspaceOptions::credential, for example Credential::from_token(Secret::from_env(\"AZUREML_TOKEN\"))"});
  if (!faults.empty()) throw core::validation_error("the workspace", std::move(faults));
  auto manager = options.resource_manager_url.empty() ? std::string(kPublicCloud) : options.resource_manager_url;
  while (manager.ends_with('/')) manager.pop_back();
  return api::open({.subscription_id = info.subscription_id, .resource_group = info.resource_group, .name = info.workspace_name,
                    .resource_manager = std::move(manager), .token = http::token_source(options.credential, base::real_clock())},
                   options);
}

std::string const& Workspace::name() const noexcept { return state_->name; }
std::string const& Workspace::subscription_id() const noexcept { return state_->subscription_id; }
std::string const& Workspace::resource_group() const noexcept { return state_->resource_group; }

Run Workspace::get_run(std::string_view run_id, Context const& context) const {
  return api::make_run(state_, rest::get_job(state_->connection, std::string(run_id), context));
}

Pager<Run> Workspace::get_runs(GetRunsOptions const& options) const { return api::list_runs(state_, {}, options); }

ComputeTarget Workspace::get_compute_target(std::string_view name, Context const& context) const {
  return detail::Access::make_handle<ComputeTarget>(rest::get_compute(state_->connection, std::string(name), context));
}

}  // namespace azureml
