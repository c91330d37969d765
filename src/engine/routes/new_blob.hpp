#pragma once
// What all ways to write a blob have in common: what it is to become, the checks, the last step.
#include "engine/routes/blob_common.hpp"
#include "engine/routes/conditions.hpp"
#include "engine/routes/staged_file.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace azureml::engine::routes {

/// What a blob is to become, but for its bytes.
struct NewBlob {
  BlobPlace place{};
  Conditions conditions{};
  std::string content_type{}, md5{};  ///< `md5`: of the whole blob as the client knows it; empty: it does not.
  store::StringMap metadata{};
};

/// Metadata as the service takes it: names that are identifiers, values of printable ASCII, 8 KiB together. @throws
/// ApiError 400
store::StringMap checked_metadata(Request const& request);
/// Headers whose wish would be lost. @throws ApiError 400 naming the header
void refuse_unsupported_headers(Request const& request);
/// `wanted`: base64 as sent, empty for none. @throws ApiError 400 InvalidMd5, Md5Mismatch
void check_md5(std::string const& wanted, std::string const& computed);
/// An MD5 as sent, which is not empty, as it is to be kept. @throws ApiError 400 InvalidMd5
std::string checked_md5(std::string const& sent);
/// On the store thread: the conditions once more, the file to its place, the record. The MD5 kept is the file's, else
/// the wanted one.
Reply store_blob(NewBlob const& wanted, StagedFile& file, std::vector<store::BlockRecord> const& blocks,
                 Services& services);

/// comp=block and comp=blocklist, in block_routes.cpp.
std::unique_ptr<Upload> put_block(Request const& request, BlobPlace place, Services& services);
std::unique_ptr<Upload> put_block_list(Request const& request, NewBlob wanted, Services& services);

}  // namespace azureml::engine::routes
