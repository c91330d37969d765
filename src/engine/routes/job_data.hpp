#pragma once
// The data a job reads and writes: checked at submit, stored in one form, shown in replies.
#include "engine/routes/job_input.hpp"
#include "engine/store/home.hpp"
#include "engine/store/store.hpp"

#include <nlohmann/json.hpp>

namespace azureml::engine::routes {

/// Writes into the definition the mode of each data input and output and where it is: the id of the version that a data
/// asset stands for now, and the place of an output that named none,
/// `azureml://datastores/{default}/paths/azureml/{job}/{output}/`. What was sent stays beside it as `uriSent`. @throws
/// ApiError 400 naming each input and output whose data this engine cannot read or write, and why
void resolve_data(WantedJob& job, store::Store& store, store::Identity const& identity);

/// The inputs and outputs of a definition as replies show them.
nlohmann::json shown_inputs(nlohmann::json const& definition);
nlohmann::json shown_outputs(nlohmann::json const& definition);

/// The same as run history shows them: `{"d": {"assetId", "type"}}`; literal inputs are none.
nlohmann::json run_inputs(store::JobRecord const& job, nlohmann::json const& definition,
                          store::Identity const& identity);
nlohmann::json run_outputs(store::JobRecord const& job, nlohmann::json const& definition,
                           store::Identity const& identity);

/// `the input 'd' (inputs.d) has another uri`; empty when all agree. An address is the same when it was sent so before,
/// or leads to the same place.
std::string differing_data(char const* map, nlohmann::json const& before, nlohmann::json const& now);

}  // namespace azureml::engine::routes
