#pragma once
#include "api/states.hpp"

#include <azureml/estimator.hpp>
#include <azureml/experiment.hpp>
#include <azureml/pager.hpp>

#include <string>

namespace azureml::api {

Run submit(WorkspacePtr const& workspace, std::string const& experiment, Estimator const& estimator, SubmitOptions const& options,
           Context const& context);

/// All runs of the workspace, or of one experiment when its name is given, newest first.
Pager<Run> list_runs(WorkspacePtr const& workspace, std::string const& experiment, GetRunsOptions const& options);

}  // namespace azureml::api
