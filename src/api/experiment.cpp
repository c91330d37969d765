#include <azureml/experiment.hpp>
#include <azureml/workspace.hpp>

#include "api/run_id.hpp"
#include "api/run_lists.hpp"
#include "api/states.hpp"
#include "api/submit.hpp"
#include "core/make_error.hpp"

namespace azureml {

Experiment::Experiment(Workspace const& workspace, std::string name) {
  if (auto const problem = api::experiment_name_problem(name); !problem.empty())
    throw core::validation_error("the experiment's name", {{.field = "name", .problem = "'" + name + "' " + problem,
                                                            .remedy = "use letters, digits, '_' and '-', for example diabetes-2"}});
  state_ = std::make_shared<State const>(State{detail::Access::shared_state(workspace), std::move(name)});
}

std::string const& Experiment::name() const noexcept { return state_->name; }

std::string Experiment::new_run_id() const { return api::make_run_id(state_->name, state_->workspace->clock().now()); }

Run Experiment::submit(Estimator const& estimator, SubmitOptions const& options, Context const& context) const {
  return api::submit(state_->workspace, state_->name, estimator, options, context);
}

Pager<Run> Experiment::get_runs(GetRunsOptions const& options) const { return api::list_runs(state_->workspace, state_->name, options); }

}  // namespace azureml
