#include "engine/routes/block_list.hpp"
#include "engine/routes/new_blob.hpp"
#include "engine/routes/staging.hpp"
#include "engine/routes/wire.hpp"

namespace azureml::engine::routes {
namespace {

constexpr std::uint64_t kBlobMax = std::uint64_t{5000} << 20;  ///< Of one request, as on the service.

ApiError too_large() {
  return blob_error(413, "RequestBodyTooLarge",
                    "The request body is too large: one request takes at most 5,000 MiB; send the blob in blocks.");
}

NewBlob new_blob(Request const& request, BlobPlace place, char const* type_header) {
  NewBlob blob{.place = std::move(place), .conditions = conditions_of(request), .metadata = checked_metadata(request)};
  blob.content_type = request.header("x-ms-blob-content-type");
  if (blob.content_type.empty()) blob.content_type = request.header(type_header);
  blob.md5 = request.header("x-ms-blob-content-md5");
  return blob;
}

class PutBlob final : public Upload {
 public:
  PutBlob(NewBlob wanted, std::string transport_md5, std::filesystem::path const& directory)
      : wanted_(std::move(wanted)), transport_md5_(std::move(transport_md5)), file_(directory) {}
  void write(std::string_view piece) override {
    if (file_.size() + piece.size() > kBlobMax) throw too_large();
    file_.write(piece);
  }
  void sync() override {
    file_.sync();
    check_md5(transport_md5_, file_.md5());
    check_md5(wanted_.md5, file_.md5());
  }
  Reply commit(Services& services) override { return store_blob(wanted_, file_, {}, services); }

 private:
  NewBlob wanted_;
  std::string transport_md5_;
  StagedFile file_;
};

class SetMetadata final : public Upload {
 public:
  SetMetadata(BlobPlace place, Conditions conditions, store::StringMap metadata)
      : place_(std::move(place)), conditions_(std::move(conditions)), metadata_(std::move(metadata)) {}
  void write(std::string_view piece) override {
    if (!piece.empty()) throw blob_error(400, "InvalidHeaderValue", "Setting metadata takes no body.");
  }
  void sync() override {}
  Reply commit(Services& services) override {
    auto record = services.store.find_blob(place_.container, place_.name);
    if (!record) throw blob_not_found();
    check_for_writing(conditions_, record);
    record->metadata = metadata_;
    record->etag = new_etag();
    record->modified = services.clock.now();
    services.store.update_blob_labels(*record);
    return {.status = 200,
            .headers = {{"ETag", record->etag},
                        {"Last-Modified", blob_date(record->modified)},
                        {"x-ms-request-server-encrypted", "true"}}};
  }

 private:
  BlobPlace place_;
  Conditions conditions_;
  store::StringMap metadata_;
};

void check_kind(Request const& request) {
  auto const kind = request.header("x-ms-blob-type");
  if (!base::equal_ignoring_case(kind, "BlockBlob")) {
    throw blob_error(
        400, "InvalidHeaderValue",
        "The blob type '" + kind + "' (x-ms-blob-type) is not supported by this engine; it must be BlockBlob.");
  }
}

/// A run's artifacts may be added to from outside, but for what the engine writes itself.
void check_place(BlobPlace const& place, std::string const& operation) {
  if (!place.run) return;
  if (is_written_by_engine(place.file)) {
    throw blob_error(403, "AuthorizationPermissionMismatch",
                     "The logs of a run are written by the engine alone: '" + place.name + "' cannot be uploaded.");
  }
  if (operation == "metadata") {
    throw blob_error(
        501, "NotImplemented",
        "Changing the metadata of a run's artifact is not supported by this engine; send it with the artifact.");
  }
}

}  // namespace

std::unique_ptr<Upload> put_blob(Request const& request, Services& services) {
  auto place = blob_place(request, services);
  auto const operation = base::to_lower_ascii(request.query_value("comp"));
  check_place(place, operation);
  refuse_unsupported_headers(request);
  if (operation.empty()) {
    check_kind(request);
    if (request.content_length > kBlobMax) throw too_large();
    check_room(services.home, request.content_length);
    auto wanted = new_blob(request, std::move(place), "Content-Type");
    // Early, before a byte is taken; once more when the bytes are there.
    check_for_writing(wanted.conditions, existing_blob(wanted.place, services));
    return std::make_unique<PutBlob>(std::move(wanted), request.header("Content-MD5"),
                                     staging_directory(services.home));
  }
  if (operation == "block") return put_block(request, std::move(place), services);
  if (operation == "blocklist")
    return put_block_list(request, new_blob(request, std::move(place), "x-ms-blob-content-type"), services);
  if (operation == "metadata")
    return std::make_unique<SetMetadata>(std::move(place), conditions_of(request), checked_metadata(request));
  throw blob_error(501, "NotImplemented", "The blob operation comp=" + operation + " is not supported by this engine.");
}

}  // namespace azureml::engine::routes
