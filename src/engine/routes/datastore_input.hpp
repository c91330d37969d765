#pragma once
// From the body of a datastore's PUT to what is stored. No message of these functions repeats a secret.
#include "engine/routes/exchange.hpp"
#include "engine/store/store.hpp"

#include <optional>

namespace azureml::engine::routes {

struct WantedDatastore {
  store::DatastoreRecord record{};
  std::optional<bool> is_default{};  ///< As sent.
};

/// Reads the body strictly. Credentials without secrets, as a client sends back what it has read, keep those of
/// `existing`.
/// @throws ApiError 400
WantedDatastore read_datastore(Request const& request, std::optional<store::DatastoreRecord> const& existing,
                               store::TimePoint now);

}  // namespace azureml::engine::routes
