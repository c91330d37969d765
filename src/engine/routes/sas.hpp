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

/// What the signature of a whole storage account allows: blobs and containers alike.
struct AccountGrant {
  std::string permissions{};  ///< Letters in the service's order `rwdlacu`.
  std::chrono::system_clock::time_point start{}, expiry{};
  bool https_only = false;
};

/// The query of a signed address, without `?`.
std::string sign_sas(store::Identity const& identity, SasGrant const& grant);
/// `{base}/{account}/{container}[/{blob}]?{query}`, valid from ten minutes ago for eight hours and ten minutes.
std::string signed_url(std::string const& base_url, store::Identity const& identity, std::string const& container, std::string const& blob,
                       std::string const& permissions, std::chrono::system_clock::time_point now);
/// The same for an account, `key` being its key in base64. @throws ApiError 500 when the key is no base64
std::string sign_account_sas(std::string const& account, std::string const& key, AccountGrant const& grant);

/// Checks the signature of a request for a blob or a container, that of a resource (`sr`) or of the account (`ss`, `srt`): the key, the
/// times, what it is bound to and the permission its operation needs. @throws ApiError 403 with the service's code
void check_sas(Request const& request, store::Identity const& identity, std::chrono::system_clock::time_point now);
/// Checks `Authorization: SharedKey account:signature`, whose signature is over the request itself and no older than 15 minutes.
/// @throws ApiError 403
void check_shared_key(Request const& request, store::Identity const& identity, std::chrono::system_clock::time_point now);
/// By the account's key when the request says so, else by the address.
void check_blob_access(Request const& request, store::Identity const& identity, std::chrono::system_clock::time_point now);

}  // namespace azureml::engine::routes
