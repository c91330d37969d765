#pragma once
#include "rest/rest.hpp"

#include <string>

namespace azureml::rest {

/// Deletes a run that has ended, with its files. One request. False when there was none of the name. A service may still be at it when this
/// returns. @throws ServiceError
bool delete_job(Connection const& connection, std::string const& name, Context const& context);

}  // namespace azureml::rest
