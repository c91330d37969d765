#pragma once
#include "api/states.hpp"

#include <azureml/estimator.hpp>
#include <azureml/experiment.hpp>

#include <string>

namespace azureml::api {

Run submit(WorkspacePtr const& workspace, std::string const& experiment, Estimator const& estimator, SubmitOptions const& options,
           Context const& context);

}  // namespace azureml::api
