#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace azureml::snapshot {

/// How closely a file is to be looked at for a private key, told by its name and size alone.
enum class Look {
  none,
  beginning,  ///< Is the file such a key?
  thorough    ///< Is there one in it?
};
/// What is read of a file at most.
constexpr std::size_t kLookBeginning = 4 << 10, kLookThorough = 64 << 10;

/// @param name the last part of the path
Look look_for_key(std::string_view name, std::uint64_t size);

/// True when the beginning of a file shows a private key: PEM of any kind (also encrypted, OpenSSH's and PGP's),
/// PuTTY's, the key file of a service account (JSON), and in a file named as one DER.
bool shows_private_key(std::string_view start, Look look);

}  // namespace azureml::snapshot
