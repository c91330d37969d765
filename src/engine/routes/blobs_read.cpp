#include "engine/routes/blob_common.hpp"
#include "engine/routes/byte_range.hpp"
#include "engine/routes/files.hpp"
#include "engine/routes/wire.hpp"

namespace azureml::engine::routes {
namespace {

constexpr char kRunStatus[] = "x-azureml-run-status";

/// What is known of a blob besides its bytes: a record of what was uploaded, or the file alone.
store::BlobRecord describe(BlobPlace const& place, OpenedFile const& file, Services& services) {
  if (!place.run) {
    auto record = services.store.find_blob(place.container, place.name);
    if (!record) throw blob_not_found();
    return *std::move(record);
  }
  bool const is_text = place.file.ends_with(".txt") || place.file.ends_with(".log");
  return {.container = place.container,
          .name = place.name,
          .content_type = is_text ? "text/plain; charset=utf-8" : "application/octet-stream",
          .etag = file.etag,
          .modified = file.modified};
}

Headers headers_of(store::BlobRecord const& blob, BlobPlace const& place) {
  Headers headers{{"Accept-Ranges", "bytes"},
                  {"Content-Type", blob.content_type.empty() ? "application/octet-stream" : blob.content_type},
                  {"ETag", blob.etag},
                  {"Last-Modified", blob_date(blob.modified)},
                  {"x-ms-creation-time", blob_date(blob.modified)},
                  {"x-ms-blob-type", is_run_log(place) ? "AppendBlob" : "BlockBlob"},
                  {"x-ms-lease-state", "available"},
                  {"x-ms-lease-status", "unlocked"},
                  {"x-ms-server-encrypted", "true"},
                  {"x-ms-access-tier", "Hot"},
                  {"x-ms-access-tier-inferred", "true"}};
  for (auto const& [name, value] : blob.metadata) headers["x-ms-meta-" + name] = value;
  return headers;
}

void check_conditions(Request const& request, std::string const& etag) {
  auto const match = request.header("If-Match");
  if (!match.empty() && match != "*" && match != etag) {
    throw blob_error(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.");
  }
}

bool is_live(BlobPlace const& place) { return is_run_log(place) && !store::is_terminal(place.run->status); }

/// A follower asks for what a live log does not have yet: the request is held instead of answered, unless the run's status is news to him.
std::optional<Reply> hold(Request const& request, Services const& services, BlobPlace const& place) {
  auto const wait = wanted_wait(request, services.follow_wait_max);
  if (wait.count() == 0 || request.waited || !is_live(place)) return std::nullopt;
  auto const known = request.header("x-azureml-known-status");
  if (!known.empty() && known != place.run->status) return std::nullopt;
  return Reply{.wait = WaitFor{.topic = "run:" + place.run->name, .timeout = wait}};
}

void add_run_status(Headers& headers, BlobPlace const& place) {
  if (is_run_log(place)) headers[kRunStatus] = place.run->status;
}

Reply absent(Request const& request, Services const& services, BlobPlace const& place) {
  if (auto held = hold(request, services, place)) return *std::move(held);
  auto error = blob_not_found();
  add_run_status(error.headers, place);
  throw error;
}

Reply beyond_the_end(Request const& request, Services const& services, BlobPlace const& place, std::uint64_t size) {
  if (auto held = hold(request, services, place)) return *std::move(held);
  auto error = blob_error(416, "InvalidRange", "The range specified is invalid for the current size of the resource.");
  error.headers["Content-Range"] = "bytes */" + std::to_string(size);
  add_run_status(error.headers, place);
  throw error;
}

}  // namespace

Reply get_blob(Request const& request, Services& services) {
  auto const place = blob_place(request, services);
  auto const file = open_beneath(place.root, place.file);
  if (!file) return absent(request, services, place);
  auto const blob = describe(place, *file, services);
  check_conditions(request, blob.etag);

  Reply reply{.headers = headers_of(blob, place)};
  add_run_status(reply.headers, place);
  if (request.header("If-None-Match") == blob.etag) {
    reply.status = 304;
    return reply;
  }
  auto const own_header = request.header("x-ms-range");
  auto const asked = request.method == "HEAD" ? std::nullopt : parse_range(own_header.empty() ? request.header("Range") : own_header);
  ByteRange part{0, file->size};
  if (asked) {
    auto const range = satisfy(*asked, file->size);
    if (!range) return beyond_the_end(request, services, place, file->size);
    part = *range;
    reply.status = 206;
    reply.headers["Content-Range"] =
        "bytes " + std::to_string(part.offset) + "-" + std::to_string(part.offset + part.length - 1) + "/" + std::to_string(file->size);
  }
  if (!blob.content_md5.empty()) reply.headers[asked ? "x-ms-blob-content-md5" : "Content-MD5"] = blob.content_md5;
  reply.file = FileRange{.file = file->file, .offset = part.offset, .length = part.length};
  return reply;
}

}  // namespace azureml::engine::routes
