#pragma once
#include "api/states.hpp"

#include <azureml/datastore.hpp>

#include <string>

namespace azureml::api {

Datastore register_container(WorkspacePtr const& workspace, BlobContainerOptions const& options,
                             Context const& context);
Datastore register_share(WorkspacePtr const& workspace, FileShareOptions const& options, Context const& context);
/// One request; two more when the workspace's addresses are not known yet.
void make_default(WorkspacePtr const& workspace, std::string const& name, Context const& context);

}  // namespace azureml::api
