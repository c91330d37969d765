#include <azureml/run.hpp>

#include "api/follow.hpp"
#include "api/states.hpp"

#include <ostream>

namespace azureml {

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

std::strong_ordering operator<=>(Run const& a, Run const& b) noexcept {
  if (auto const order = a.scope().compare(b.scope()); order != 0) return order <=> 0;
  return a.id().compare(b.id()) <=> 0;
}

std::ostream& operator<<(std::ostream& stream, Run const& run) {
  return stream << "Run(Experiment: " << run.experiment_name() << ", Id: " << run.id() << ", Status: " << run.last_status() << ')';
}

}  // namespace azureml
