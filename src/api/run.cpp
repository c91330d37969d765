#include <azureml/run.hpp>

#include "api/follow.hpp"
#include "api/states.hpp"
#include "core/make_error.hpp"
#include "transfer/transfer.hpp"

#include <ostream>

namespace azureml {

namespace {

constexpr std::size_t kAvailableMax = 50;

std::filesystem::path destination(std::string_view name, std::filesystem::path const& wanted) {
  auto const base_name = std::filesystem::path(name).filename();
  if (wanted.empty()) return base_name;
  std::error_code ignored;
  bool const folder = !wanted.has_filename() || std::filesystem::is_directory(wanted, ignored);
  return folder ? wanted / base_name : wanted;
}

void check_artifact_name(std::string_view name) {
  if (!name.empty() && name.front() != '/' && name.back() != '/' && name.find('\0') == std::string_view::npos) return;
  throw core::validation_error("the artifact's name", {{.field = "name", .problem = "'" + std::string(name) + "' names no file",
                                                        .remedy = "give a name as get_file_names() lists it, such as outputs/model.pkl"}});
}

}  // namespace

std::string const& Run::id() const noexcept { return state_->id; }
std::string const& Run::experiment_name() const noexcept { return state_->experiment_name; }
std::string Run::get_portal_url() const { return state_->portal_url; }
RunStatus Run::last_status() const { return state_->seen(); }
std::string const& Run::scope() const noexcept { return state_->workspace->connection.workspace_path; }

RunStatus Run::get_status(Context const& context) const {
  if (auto const seen = state_->seen(); seen.is_terminal()) return seen;
  return get_details(context).status;
}

RunDetails Run::get_details(Context const& context) const { return api::fetch_details(*state_, context); }

void Run::request_cancel(Context const& context) const { rest::cancel_job(state_->workspace->connection, id(), context); }

RunDetails Run::cancel(Context const& context) const {
  auto const began = state_->workspace->clock().steady_now();
  request_cancel(context);
  Context rest_of_it = context;
  if (context.timeout) *rest_of_it.timeout -= state_->workspace->clock().steady_now() - began;
  return api::follow(*state_, {}, rest_of_it);
}

Pager<std::string> Run::get_file_names(std::string_view prefix, Context const& context) const {
  return Pager<std::string>([state = state_, prefix = std::string(prefix), context](std::string const& continuation) {
    auto const& workspace = *state->workspace;
    auto const discovery = workspace.discovery->get(workspace.connection, context);
    auto artifacts = rest::list_artifacts(workspace.connection, discovery.api, state->id, prefix, continuation, context);
    Pager<std::string>::Page page{.next = std::move(artifacts.next)};
    for (auto& artifact : artifacts.items) page.items.push_back(std::move(artifact.path));
    return page;
  });
}

std::filesystem::path Run::download_file(std::string_view name, std::filesystem::path const& output_file_path, Context const& context) const {
  check_artifact_name(name);
  auto const& workspace = *state_->workspace;
  auto const discovery = workspace.discovery->get(workspace.connection, context);
  auto const target = destination(name, output_file_path);
  std::string url;
  try {
    url = rest::get_artifact_uri(workspace.connection, discovery.api, id(), std::string(name), context);
  } catch (NotFoundError const& error) {
    auto available = get_file_names({}, context).to_vector(kAvailableMax);
    std::string list;
    for (auto const& file : available) list += (list.empty() ? "" : ", ") + file;
    throw core::make_error<NotFoundError>(
        "run '" + id() + "' has no file '" + std::string(name) + "'; it has " + (list.empty() ? "none" : list),
        {.status = error.status(), .request_id = error.request_id(), .code = error.code(), .inner_code = error.inner_code(),
         .body = error.body(), .available = std::move(available)});
  }
  transfer::download_to_file(workspace.connection.pipeline, url, target, context);
  return target;
}

std::strong_ordering operator<=>(Run const& a, Run const& b) noexcept {
  if (auto const order = a.scope().compare(b.scope()); order != 0) return order <=> 0;
  return a.id().compare(b.id()) <=> 0;
}

std::ostream& operator<<(std::ostream& stream, Run const& run) {
  return stream << "Run(Experiment: " << run.experiment_name() << ", Id: " << run.id() << ", Status: " << run.last_status() << ')';
}

}  // namespace azureml
