#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace azureml::engine::runner {

/// A place in the engine's own storage.
struct BlobAddress {
  std::string container{}, path{};  ///< `path` without slashes at its ends; empty: the whole container.
  friend bool operator==(BlobAddress const&, BlobAddress const&) = default;
};
/// Reads `http(s)://{account}.blob.host[:port]/{container}/{path}` and
/// `http(s)://host[:port]/{account}/{container}/{path}`, percent-decoded. Nothing for other accounts and names that
/// lead out. @param account empty: whatever the first step of the second form is
std::optional<BlobAddress> own_blob_address(std::string_view address, std::string const& account);

/// A name that may stand for a folder of blobs: no path, and none of the engine's own folders.
bool is_container_name(std::string_view name) noexcept;

}  // namespace azureml::engine::runner
