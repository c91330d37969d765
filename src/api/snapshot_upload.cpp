#include "api/snapshot_upload.hpp"

#include "base/digest.hpp"
#include "core/make_error.hpp"
#include "http/deadline.hpp"
#include "snapshot/file_reader.hpp"
#include "transfer/addresses.hpp"
#include "transfer/blob.hpp"
#include "transfer/downloads.hpp"
#include "transfer/uploads.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace azureml::api {

namespace {

constexpr std::size_t kPiece = 256 << 10;
constexpr char kWhat[] = "upload the snapshot";

std::string md5_of(snapshot::Plan const& plan, snapshot::File const& file, std::stop_token const& stop) {
  snapshot::FileReader reader(plan, file);
  auto digest = base::Digest::md5();
  std::string buffer(static_cast<std::size_t>(std::min<std::uint64_t>(file.size, kPiece)), '\0');
  for (std::uint64_t position = 0; position < file.size;) {
    if (stop.stop_requested()) throw core::make_error<StoppedError>("uploading the snapshot was stopped");
    auto const got = reader.read(buffer);
    digest.update(std::string_view(buffer).substr(0, got));
    position += got;
  }
  reader.check_unchanged();
  return digest.finish();
}

enum class Mark { absent, torn, completed };

}  // namespace

/// The container of one code asset.
struct SnapshotUpload::Place {
  Place(http::Pipeline const& pipe, PendingCode const& pending, Context const& context)
      : pipeline(pipe), code(pending), addresses(pending.sas_uri), deadline(context, pipe.clock()) {}

  http::Pipeline const& pipeline;
  PendingCode const& code;
  transfer::ContainerAddresses addresses;  ///< Cannot be renewed: the service signs another container each time.
  http::Deadline deadline;

  [[nodiscard]] std::string blob(snapshot::File const& file) const { return code.folder + "/" + file.path; }

  /// What the first blob says of the others.
  Mark mark(snapshot::File const& first) {
    auto const request = transfer::blob_request("HEAD", addresses.blob(blob(first), {}, deadline.left()));
    auto const response = pipeline.send(request, deadline.left());
    if (response.status == 404) return Mark::absent;
    if (response.status != 200)
      transfer::throw_blob_error(response, "look for '" + first.path + "' in the snapshot's container");
    return transfer::header(response, "x-ms-meta-upload_status") == "completed" ? Mark::completed : Mark::torn;
  }

  void complete(snapshot::File const& first) {
    auto request = transfer::blob_request(
        "PUT", transfer::with_query(addresses.blob(blob(first), {}, deadline.left()), "comp=metadata"));
    request.headers.insert(
        {{"x-ms-meta-upload_status", "completed"}, {"x-ms-meta-name", code.name}, {"x-ms-meta-version", code.version}});
    transfer::send_blob(pipeline, request, "mark the snapshot as complete", deadline);
  }
};

void SnapshotUpload::begin(PendingCode const& code, Context const& context) const {
  if (plan_.files.empty()) return;
  Place place(pipeline_, code, context);
  auto const mark = place.mark(plan_.files.front());
  if (mark == Mark::completed) return;
  transfer::UploadSet const set{
      .count = plan_.files.size(), .bytes = plan_.bytes, .item = [&](std::size_t i) {
        auto const& file = plan_.files[i];
        return transfer::UploadItem{
            .blob = place.blob(file), .file = plan_.absolute(file), .size = file.size, .identity = file.identity};
      }};
  transfer::upload_files(pipeline_, place.addresses, set,
                         {.existing = mark == Mark::torn ? transfer::Existing::replace : transfer::Existing::refuse,
                          .what = kWhat,
                          .on_progress = on_progress_},
                         place.deadline.left());
  place.complete(plan_.files.front());
}

void SnapshotUpload::go_on(PendingCode const& code, Context const& context) const {
  if (plan_.files.empty()) return;
  Place place(pipeline_, code, context);
  if (place.mark(plan_.files.front()) == Mark::completed) return;
  auto const present = find_present(place, context);
  std::vector<std::uint32_t> missing;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < plan_.files.size(); ++i) {
    if (present[i]) continue;
    missing.push_back(static_cast<std::uint32_t>(i));
    bytes += plan_.files[i].size;
  }
  logger_.info("going on with an upload that was interrupted: " + std::to_string(plan_.files.size() - missing.size()) +
               " of " + std::to_string(plan_.files.size()) + " files are there");
  transfer::UploadSet const set{
      .count = missing.size(), .bytes = bytes, .item = [&](std::size_t i) {
        auto const& file = plan_.files[missing[i]];
        return transfer::UploadItem{
            .blob = place.blob(file), .file = plan_.absolute(file), .size = file.size, .identity = file.identity};
      }};
  // A blob of another content can only be what an interrupted request has left.
  if (!missing.empty())
    transfer::upload_files(pipeline_, place.addresses, set,
                           {.existing = transfer::Existing::replace, .what = kWhat, .on_progress = on_progress_},
                           place.deadline.left());
  place.complete(plan_.files.front());
}

std::vector<bool> SnapshotUpload::find_present(Place& place, Context const& context) const {
  std::vector<bool> present(plan_.files.size());
  std::vector<std::pair<std::size_t, std::string>> candidates;  // with the blob's MD5
  auto const prefix = place.code.folder + "/";
  transfer::list_blobs(
      pipeline_, place.addresses, prefix,
      [&](transfer::BlobInfo&& blob) {
        if (blob.is_folder || !blob.name.starts_with(prefix)) return true;
        auto const path = std::string_view(blob.name).substr(prefix.size());
        auto const found = std::lower_bound(plan_.files.begin(), plan_.files.end(), path,
                                            [](auto const& file, auto wanted) { return file.path < wanted; });
        if (found == plan_.files.end() || found->path != path || found->size != blob.size) return true;
        auto const index = static_cast<std::size_t>(found - plan_.files.begin());
        if (found->size == 0)
          present[index] = true;
        else if (!blob.md5.empty())
          candidates.emplace_back(index, std::move(blob.md5));
        return candidates.size() < plan_.files.size();
      },
      place.deadline.left());
  for (auto const& [index, md5] : candidates) {
    place.deadline.check(kWhat);
    present[index] = md5_of(plan_, plan_.files[index], context.stop) == md5;
  }
  return present;
}

}  // namespace azureml::api
