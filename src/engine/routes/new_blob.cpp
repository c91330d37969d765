#include "engine/routes/new_blob.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <array>

namespace azureml::engine::routes {
namespace {

constexpr std::size_t kMetadataMax = 8 << 10;

struct Refused {
  std::string_view header{}, reason{};
};
constexpr std::array<Refused, 9> kRefused{{
    {"x-ms-content-crc64", "is not computed by this engine; send Content-MD5"},
    {"x-ms-structured-body", "is not read by this engine; send the bytes as they are"},
    {"x-ms-copy-source", "is not supported by this engine; send the bytes"},
    {"x-ms-lease-id", "is not supported by this engine: its blobs have no leases"},
    {"x-ms-encryption-key", "is not supported by this engine"},
    {"x-ms-tags", "are not kept by this engine"},
    {"x-ms-if-tags", "are not kept by this engine"},
    {"x-ms-blob-content-encoding", "is not kept by this engine"},
    {"x-ms-immutability-policy-mode", "is not supported by this engine"},
}};

bool is_identifier(std::string_view name) {
  auto const letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

store::StringMap checked_metadata(Request const& request) {
  auto metadata = metadata_of(request);
  std::size_t size = 0;
  for (auto const& [name, value] : metadata) {
    if (!is_identifier(name)) {
      throw blob_error(
          400, "InvalidMetadata",
          "The metadata name '" + name +
              "' is not valid; it must begin with a letter or '_' and go on with letters, digits and '_'.");
    }
    if (!std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f; })) {
      throw blob_error(400, "InvalidMetadata",
                       "The value of the metadata '" + name + "' is not valid; it must be printable ASCII.");
    }
    size += name.size() + value.size();
  }
  if (size > kMetadataMax)
    throw blob_error(400, "MetadataTooLarge",
                     "The size of the specified metadata exceeds the maximum size permitted, 8192 bytes.");
  return metadata;
}

void refuse_unsupported_headers(Request const& request) {
  for (auto const& [header, reason] : kRefused) {
    if (!request.header(header).empty())
      throw blob_error(400, "UnsupportedHeader", "The header " + std::string(header) + " " + std::string(reason) + ".");
  }
}

std::string checked_md5(std::string const& sent) {
  auto const bytes = base::from_base64(sent);
  if (!bytes || bytes->size() != 16)
    throw blob_error(400, "InvalidMd5",
                     "The MD5 value specified in the request is invalid. It must be 16 bytes in base64.");
  return base::to_base64(*bytes);
}

void check_md5(std::string const& wanted, std::string const& computed) {
  if (wanted.empty()) return;
  (void)checked_md5(wanted);
  if (wanted != computed) {
    throw blob_error(400, "Md5Mismatch",
                     "The MD5 value specified in the request (" + wanted +
                         ") did not match with the MD5 value calculated by the server (" + computed + ").");
  }
}

Reply store_blob(NewBlob const& wanted, StagedFile& file, std::vector<store::BlockRecord> const& blocks,
                 Services& services) {
  auto const& place = wanted.place;
  check_for_writing(wanted.conditions, existing_blob(place, services));
  std::error_code ignored;
  if (place.run) std::filesystem::create_directory(place.root.parent_path(), ignored);
  file.place(place.root, place.file);
  store::BlobRecord record{
      .container = place.container,
      .name = place.name,
      .content_type = wanted.content_type.empty() ? "application/octet-stream" : wanted.content_type,
      .content_md5 = file.md5().empty() ? wanted.md5 : file.md5(),
      .etag = new_etag(),
      .metadata = wanted.metadata,
      .size = file.size(),
      .modified = services.clock.now()};
  if (place.run) {
    // A run writes its artifacts without records: the file's own mark tells whether this record is still about it.
    auto const placed = open_beneath(place.root, place.file);
    if (!placed) throw blob_error(500, "InternalError", "The artifact was replaced while it was stored.");
    record.etag = placed->etag;
    record.modified = placed->modified;
  }
  services.store.put_blob(record, blocks);
  return {.status = 201,
          .headers = {{"ETag", record.etag},
                      {"Last-Modified", blob_date(record.modified)},
                      {"Content-MD5", record.content_md5},
                      {"x-ms-request-server-encrypted", "true"}}};
}

}  // namespace azureml::engine::routes
