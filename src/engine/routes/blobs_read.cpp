#include "engine/routes/blob_common.hpp"
#include "engine/routes/byte_range.hpp"
#include "engine/routes/conditions.hpp"
#include "engine/routes/files.hpp"
#include "engine/routes/wire.hpp"

#include "base/digest.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace azureml::engine::routes {
namespace {

constexpr char kRunStatus[] = "x-azureml-run-status";

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

constexpr std::uint64_t kRangeHashMax = std::uint64_t{4} << 20;

/// The hash of a piece, computed where reading may take its time.
void add_range_md5(Reply& reply) {
  auto const& range = *reply.file;
  auto digest = base::Digest::md5();
  std::vector<char> buffer(256 << 10);
  for (std::uint64_t done = 0; done < range.length;) {
    auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), range.length - done));
    auto const count = ::pread(range.file->get(), buffer.data(), wanted, static_cast<off_t>(range.offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw blob_error(500, "InternalError", "The blob could not be read.");
    digest.update({buffer.data(), static_cast<std::size_t>(count)});
    done += static_cast<std::uint64_t>(count);
  }
  reply.headers["Content-MD5"] = base::to_base64(digest.finish());
}

void want_range_md5(Request const& request, bool is_range, ByteRange const& part, Reply& reply) {
  if (!base::equal_ignoring_case(request.header("x-ms-range-get-content-md5"), "true")) return;
  if (!is_range) throw blob_error(400, "InvalidHeaderValue", "The header x-ms-range-get-content-md5 needs a range.");
  if (part.length > kRangeHashMax) {
    throw blob_error(400, "OutOfRangeQueryParameterValue", "The header x-ms-range-get-content-md5 allows a range of at most 4 MiB.");
  }
  reply.complete = add_range_md5;
}

}  // namespace

Reply get_blob(Request const& request, Services& services) {
  auto const place = blob_place(request, services);
  auto const part_of_blob = base::to_lower_ascii(request.query_value("comp"));
  if (part_of_blob == "blocklist") return get_block_list(place, request, services);
  if (!part_of_blob.empty() && part_of_blob != "metadata") {
    throw blob_error(501, "NotImplemented", "The blob operation comp=" + part_of_blob + " is not supported by this engine.");
  }
  auto const file = open_beneath(place.root, place.file);
  if (!file) return absent(request, services, place);
  auto const blob = describe(place, *file, services);

  Reply reply{.headers = headers_of(blob, place)};
  add_run_status(reply.headers, place);
  if (is_unchanged(conditions_of(request), blob)) {
    reply.status = 304;
    return reply;
  }
  if (part_of_blob == "metadata") return reply;
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
  if (request.method == "GET") want_range_md5(request, asked.has_value(), part, reply);
  return reply;
}

}  // namespace azureml::engine::routes
