#pragma once
// Shared access signatures of the blob service: what signed addresses are made of and checked by.
#include "engine/routes/exchange.hpp"
#include "engine/store/home.hpp"

#include <chrono>
#include <string>

namespace azureml::engine::routes {

/// What a signature allows: a whole container, or one blob of it.
struct SasGrant {
  std::string container{}, blob{};  ///< `blob` empty: the container.
  std::string permissions{};        ///< Letters in the service's order `racwdl`.
  std::chrono::system_clock::time_point start{}, expiry{};
};

/// The query of a signed address, without `?`.
std::string sign_sas(store::Identity const& identity, SasGrant const& grant);
/// `{base}/{account}/{container}[/{blob}]?{query}`, valid from ten minutes ago for eight hours and ten minutes.
std::string signed_url(std::string const& base_url, store::Identity const& identity, std::string const& container, std::string const& blob,
                       std::string const& permissions, std::chrono::system_clock::time_point now);
/// Checks the signature of a request for a blob or a container: the key, the times, the resource it is bound to and the permission its
/// operation needs. @throws ApiError 403, AuthenticationFailed or AuthorizationPermissionMismatch
void check_sas(Request const& request, store::Identity const& identity, std::chrono::system_clock::time_point now);

}  // namespace azureml::engine::routes
