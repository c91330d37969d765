#pragma once
#include "api/polling.hpp"
#include "api/states.hpp"
#include "transfer/addresses.hpp"

#include <memory>
#include <string>

namespace azureml::api {

/// Refuses what this library cannot move files to or from. @param what completes "cannot …" @throws ValidationError
/// saying why
void require_blobs(rest::DatastoreResource const& datastore, std::string const& what);

/// The signed addresses of a datastore's blobs, renewed when the signature ends. One request for each signature.
/// @throws ValidationError as `require_blobs`; ServiceError
std::unique_ptr<transfer::ContainerAddresses> open_container(WorkspacePtr const& workspace,
                                                             rest::DatastoreResource const& datastore,
                                                             std::string const& what, Deadline const& deadline);

}  // namespace azureml::api
