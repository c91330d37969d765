#pragma once
#include <azureml/context.hpp>
#include <azureml/run.hpp>
#include <azureml/workspace.hpp>

#include <string>

namespace azureml::api {

/// Deletes a run that has ended, with all it has left. One request. False when there is none any more. @throws ServiceError
bool delete_run(Workspace const& workspace, std::string const& run_id, Context const& context = {});

}  // namespace azureml::api
