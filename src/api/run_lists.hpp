#pragma once
#include "api/states.hpp"

#include <azureml/experiment.hpp>
#include <azureml/pager.hpp>

#include <string>

namespace azureml::api {

/// All runs of the workspace, or of one experiment when its name is given, newest first.
/// @throws ValidationError for what a list of the workspace cannot have
Pager<Run> list_runs(WorkspacePtr const& workspace, std::string const& experiment, GetRunsOptions const& options);

}  // namespace azureml::api
