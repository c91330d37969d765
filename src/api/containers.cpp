#include "api/containers.hpp"

#include "core/make_error.hpp"
#include "rest/storage.hpp"

#include <utility>

namespace azureml::api {

void require_blobs(rest::DatastoreResource const& datastore, std::string const& what) {
  auto const refuse = [&](std::string problem, std::string remedy) {
    throw core::validation_error("cannot " + what,
                                 {{.field = "datastore", .problem = std::move(problem), .remedy = std::move(remedy)}});
  };
  auto const name = "'" + datastore.name + "'";
  if (datastore.type != "AzureBlob")
    refuse(name + " is of the type " + datastore.type + ", and files go to and from blob containers (AzureBlob) only",
           "take a datastore of a blob container; jobs may use this one by reference");
  if (datastore.credential_type != "AccountKey" && datastore.credential_type != "Sas")
    refuse("the workspace keeps no key or signature for " + name +
               " (credentials: " + (datastore.credential_type.empty() ? "none" : datastore.credential_type) +
               "), and this version has no way to use an identity for storage",
           "register it with account_key or sas_token");
}

std::unique_ptr<transfer::ContainerAddresses> open_container(WorkspacePtr const& workspace,
                                                             rest::DatastoreResource const& datastore,
                                                             std::string const& what, Deadline const& deadline) {
  require_blobs(datastore, what);
  auto const sign = [workspace, datastore](Context const& context) {
    auto const secret = rest::list_datastore_secrets(workspace->connection, datastore.name, context);
    return rest::signed_container_url(datastore, secret, workspace->clock().now());
  };
  return std::make_unique<transfer::ContainerAddresses>(sign(deadline.next(what)), sign);
}

}  // namespace azureml::api
