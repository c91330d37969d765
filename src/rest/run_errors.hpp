#pragma once
#include "rest/json_reading.hpp"

namespace azureml::rest {

/// Why a run failed, from the `error` of its details; nothing when it says nothing.
std::optional<RunError> read_run_error(Json const& error);

}  // namespace azureml::rest
