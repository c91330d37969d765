#pragma once
#include "api/polling.hpp"
#include "api/states.hpp"

#include <azureml/estimator.hpp>
#include <azureml/transfer.hpp>

namespace azureml::api {

/// The estimator with its inputs as a job can have them. A file or folder of this machine is uploaded to the default
/// datastore, to a place named by its content, as the Python SDK does, so that each finds the other's upload; nothing
/// is sent twice. `azureml:name:version` and `azureml:name@latest` become the asset's id. Requests: none without such
/// inputs; two for the datastore and its address, for each local input one and those of its upload; one for each
/// `@latest`. Expects an estimator without faults.
/// @throws ValidationError, FileError, NotFoundError, ServiceError, TransportError, StoppedError
Estimator upload_local_inputs(WorkspacePtr const& workspace, Estimator estimator, ProgressHandler const& on_progress,
                              Deadline const& deadline);

}  // namespace azureml::api
