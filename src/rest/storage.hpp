#pragma once
// Where the bytes of a datastore are, and the signature with which they are reached.
#include "rest/rest.hpp"

#include <string>

namespace azureml::rest {

/// The container's address, without a signature: `{protocol}://{account}.blob.{endpoint}/{container}`. At an endpoint
/// that has no names below it the account is the first part of the path:
/// `{protocol}://{endpoint}/{account}/{container}`. Such are IP addresses, `localhost` and other names of one part, as
/// emulators have them, each with or without a port.
/// @throws ValidationError when the account's or the endpoint's name cannot be one
std::string container_url(DatastoreResource const& datastore);

/// A signature for all blobs of an account, made from its key: to read, write, create and list, until `expiry`. Without
/// `?`. @throws ValidationError when the key is not base64; it is not repeated
std::string account_sas(std::string const& account, std::string const& key, bool https_only, TimePoint expiry);

/// The container's signed address. A signature made from a key ends an hour after `now`. @throws as above
std::string signed_container_url(DatastoreResource const& datastore, StorageSecret const& secret, TimePoint now);

}  // namespace azureml::rest
