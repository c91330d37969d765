#include "engine/routes/blob_common.hpp"
#include "engine/routes/block_list.hpp"
#include "engine/routes/staged_file.hpp"
#include "engine/routes/wire.hpp"

#include "base/digest.hpp"

namespace azureml::engine::routes {
namespace {

/// No container can have this name.
std::filesystem::path staging(Services const& services) { return services.home.blobs() / ".staging"; }

std::filesystem::path block_directory(Services const& services, BlobPlace const& place) {
  return staging(services) / "blocks" / base::sha256_hex(place.container + "/" + place.name);
}

struct Conditions {
  bool only_new = false;
  std::string match{};
};

Conditions conditions_of(Request const& request) {
  return {.only_new = request.header("If-None-Match") == "*", .match = request.header("If-Match")};
}

void check_conditions(Conditions const& conditions, std::optional<store::BlobRecord> const& existing) {
  if (conditions.only_new && existing) throw blob_error(409, "BlobAlreadyExists", "The specified blob already exists.");
  bool const matches = conditions.match.empty() || (existing && (conditions.match == "*" || conditions.match == existing->etag));
  if (!matches) throw blob_error(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.");
}

void check_md5(std::string const& wanted, std::string const& computed) {
  if (wanted.empty()) return;
  auto const bytes = base::from_base64(wanted);
  if (!bytes || bytes->size() != 16) throw blob_error(400, "InvalidMd5", "The MD5 value specified in the request is invalid. It must be 16 bytes in base64.");
  if (wanted != computed) {
    throw blob_error(400, "Md5Mismatch", "The MD5 value specified in the request (" + wanted + ") did not match with the MD5 value calculated by the server (" + computed + ").");
  }
}

/// What a blob is to become, but for its bytes.
struct NewBlob {
  BlobPlace place{};
  Conditions conditions{};
  std::string content_type{}, md5{};
  store::StringMap metadata{};
};

NewBlob new_blob(Request const& request, BlobPlace place, char const* type_header, char const* md5_header) {
  NewBlob blob{.place = std::move(place), .conditions = conditions_of(request), .metadata = metadata_of(request)};
  blob.content_type = request.header("x-ms-blob-content-type");
  if (blob.content_type.empty()) blob.content_type = request.header(type_header);
  blob.md5 = request.header(md5_header);
  return blob;
}

/// On the store thread: the conditions once more, the file to its place, the record.
Reply store_blob(NewBlob const& wanted, StagedFile& file, Services& services) {
  auto const& place = wanted.place;
  check_conditions(wanted.conditions, services.store.find_blob(place.container, place.name));
  file.place(place.root, place.file);
  store::BlobRecord const record{.container = place.container,
                                 .name = place.name,
                                 .content_type = wanted.content_type.empty() ? "application/octet-stream" : wanted.content_type,
                                 .content_md5 = file.md5(),
                                 .etag = new_etag(),
                                 .metadata = wanted.metadata,
                                 .size = file.size(),
                                 .modified = services.clock.now()};
  services.store.put_blob(record);
  return {.status = 201,
          .headers = {{"ETag", record.etag},
                      {"Last-Modified", blob_date(record.modified)},
                      {"Content-MD5", record.content_md5},
                      {"x-ms-request-server-encrypted", "true"}}};
}

class PutBlob final : public Upload {
 public:
  PutBlob(NewBlob wanted, std::filesystem::path const& directory) : wanted_(std::move(wanted)), file_(directory) {}
  void write(std::string_view piece) override { file_.write(piece); }
  void sync() override {
    file_.sync();
    check_md5(wanted_.md5, file_.md5());
  }
  Reply commit(Services& services) override { return store_blob(wanted_, file_, services); }

 private:
  NewBlob wanted_;
  StagedFile file_;
};

class PutBlock final : public Upload {
 public:
  PutBlock(std::string md5, std::filesystem::path target, std::filesystem::path const& directory)
      : md5_(std::move(md5)), target_(std::move(target)), file_(directory) {}
  void write(std::string_view piece) override { file_.write(piece); }
  void sync() override {
    file_.sync();
    check_md5(md5_, file_.md5());
  }
  Reply commit(Services&) override {
    file_.move_to(target_);
    return {.status = 201, .headers = {{"Content-MD5", file_.md5()}, {"x-ms-request-server-encrypted", "true"}}};
  }

 private:
  std::string md5_;
  std::filesystem::path target_;
  StagedFile file_;
};

class PutBlockList final : public Upload {
 public:
  PutBlockList(NewBlob wanted, std::filesystem::path blocks, std::filesystem::path const& directory)
      : wanted_(std::move(wanted)), blocks_(std::move(blocks)), file_(directory) {}
  void write(std::string_view piece) override {
    if (list_.size() + piece.size() > kBlockListMax) throw blob_error(413, "RequestBodyTooLarge", "The block list is too large.");
    list_ += piece;
  }
  void sync() override {
    for (auto const& id : parse_block_list(list_)) {
      auto const block = blocks_ / block_file_name(id);
      if (!std::filesystem::exists(block)) throw blob_error(400, "InvalidBlockList", "The specified block list is invalid: block '" + id + "' was not uploaded.");
      file_.append_file(block);
    }
    file_.sync();
    check_md5(wanted_.md5, file_.md5());
  }
  Reply commit(Services& services) override {
    auto reply = store_blob(wanted_, file_, services);
    std::error_code ignored;
    std::filesystem::remove_all(blocks_, ignored);
    return reply;
  }

 private:
  NewBlob wanted_;
  std::filesystem::path blocks_;
  StagedFile file_;
  std::string list_{};
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
    check_conditions(conditions_, record);
    record->metadata = metadata_;
    record->etag = new_etag();
    record->modified = services.clock.now();
    services.store.update_blob_labels(*record);
    return {.status = 200, .headers = {{"ETag", record->etag}, {"Last-Modified", blob_date(record->modified)}, {"x-ms-request-server-encrypted", "true"}}};
  }

 private:
  BlobPlace place_;
  Conditions conditions_;
  store::StringMap metadata_;
};

void check_kind(Request const& request) {
  auto const kind = request.header("x-ms-blob-type");
  if (!base::equal_ignoring_case(kind, "BlockBlob")) {
    throw blob_error(400, "InvalidHeaderValue", "The blob type '" + kind + "' (x-ms-blob-type) is not supported by this engine; it must be BlockBlob.");
  }
}

}  // namespace

std::unique_ptr<Upload> put_blob(Request const& request, Services& services) {
  auto place = blob_place(request, services);
  if (place.run) throw blob_error(403, "AuthorizationPermissionMismatch", "The artifacts of a run cannot be written through the blob service of this engine.");
  auto const operation = base::to_lower_ascii(request.query_value("comp"));
  auto const directory = staging(services);
  if (operation.empty()) {
    check_kind(request);
    auto wanted = new_blob(request, std::move(place), "Content-Type", "Content-MD5");
    // Early, before a byte is taken; once more when the bytes are there.
    check_conditions(wanted.conditions, services.store.find_blob(wanted.place.container, wanted.place.name));
    return std::make_unique<PutBlob>(std::move(wanted), directory);
  }
  if (operation == "block") {
    auto const file = block_file_name(request.query_value("blockid"));
    return std::make_unique<PutBlock>(request.header("Content-MD5"), block_directory(services, place) / file, directory);
  }
  if (operation == "blocklist") {
    auto const blocks = block_directory(services, place);
    return std::make_unique<PutBlockList>(new_blob(request, std::move(place), "x-ms-blob-content-type", "x-ms-blob-content-md5"), blocks, directory);
  }
  if (operation == "metadata") return std::make_unique<SetMetadata>(std::move(place), conditions_of(request), metadata_of(request));
  throw blob_error(501, "NotImplemented", "The blob operation comp=" + operation + " is not supported by this engine.");
}

}  // namespace azureml::engine::routes
