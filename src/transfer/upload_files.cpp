#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "core/make_error.hpp"
#include "transfer/blob.hpp"
#include "transfer/content_range.hpp"
#include "transfer/parallel.hpp"
#include "transfer/uploader.hpp"

#include <azureml/error.hpp>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace azureml::transfer {

namespace {

constexpr std::size_t kSmall = 1 << 20;       ///< Each thread has so much memory of its own.
constexpr std::chrono::seconds kPatience{5};  ///< After a lost connection, for what others have begun.

unsigned thread_count(UploadLimits const& limits, UploadSet const& set) {
  auto const most = limits.threads != 0 ? limits.threads : std::clamp(2 * std::thread::hardware_concurrency(), 4U, 16U);
  // As many as there are requests to be sent at the same time.
  auto const useful = set.count + set.bytes / std::max<std::size_t>(limits.block, 1);
  return static_cast<unsigned>(std::clamp<std::uint64_t>(useful, 1, most));
}

bool is_conflict(http::Response const& response) {
  return response.status == 409 || response.status == 412;
}

/// Among all that can stand in the way, a blob of that name.
bool is_taken(http::Response const& response) {
  auto const code = blob_error_code(response);
  return is_conflict(response) && (code.empty() || code == "BlobAlreadyExists" || code == "ConditionNotMet");
}

[[noreturn]] void throw_no_look(http::Response const& response, std::string const& what) {
  if (response.status < 200 || response.status > 299) throw_blob_error(response, what);
  throw core::make_error<TransportError>("cannot " + what +
                                         ": an answer that no storage sends came instead of the blob's "
                                         "properties; is there a proxy or a sign-in page in the way?");
}

}  // namespace

Uploader::Uploader(http::Pipeline const& pipeline, Addresses& addresses, UploadSet const& set,
                   UploadOptions const& options, Context const& context)
    : pipeline_(pipeline),
      addresses_(addresses),
      set_(set),
      options_(options),
      deadline_(context, pipeline.clock()),
      outer_(context.stop),
      meter_(TransferPhase::uploading, set.bytes, set.count, options.on_progress, pipeline.clock()),
      writer_(pipeline, options.content_type, [this](std::int64_t bytes) { meter_.move(bytes); }),
      work_(set.count, std::max<std::size_t>(options.limits.buffers, 1),
            std::max<std::size_t>(options.limits.block, 1)) {}

TransferReport Uploader::run() {
  auto const threads = set_.count == 0 ? 0 : thread_count(options_.limits, set_);
  run_parallel(
      threads, threads, outer_, [this](std::size_t, std::stop_token const& stop) { work(stop); }, meter_.tick());
  deadline_.check("uploading " + std::to_string(set_.count) + " files");
  meter_.report_end();
  return {.files = files_, .bytes = bytes_, .skipped = skipped_, .resumed_bytes = resumed_};
}

void Uploader::work(std::stop_token const& stop) {
  // Ended also by the failure of another thread.
  http::Deadline const deadline({.stop = stop, .timeout = deadline_.left().timeout}, pipeline_.clock());
  UploadWork::Member const member(work_);
  try {
    put_files(deadline);
  } catch (TransportError const&) {
    work_.let_others_end(kPatience, deadline);
    throw;
  }
}

void Uploader::put_files(http::Deadline const& deadline) {
  std::vector<char> memory;
  while (auto const index = work_.next_file(deadline)) {
    auto const item = set_.item(*index);
    meter_.begin_file(item.blob);
    if (item.size > options_.limits.block) {
      put_large(item, deadline);
    } else if (item.size > kSmall) {
      put_small(item, work_.take_buffer(deadline)->room(), deadline);
    } else {
      memory.resize(std::max<std::size_t>(memory.size(), static_cast<std::size_t>(item.size)));
      put_small(item, memory, deadline);
    }
    meter_.end_file();
    work_.end_file();
  }
}

void Uploader::put_small(UploadItem const& item, std::span<char> memory, http::Deadline const& deadline) {
  SourceFile const file(item, doing(item));
  auto const bytes = memory.first(static_cast<std::size_t>(item.size));
  file.read_at(0, bytes);
  file.check_unchanged();
  Payload payload{.bytes = {bytes.data(), bytes.size()}};
  payload.md5 = base::Digest::md5().update(payload.bytes).finish();
  BlobTarget target(addresses_, item.blob);
  auto const put = [&](bool only_new) {
    auto response = writer_.put_blob(target, payload, only_new, deadline);
    file.check_unchanged();
    return response;
  };
  if (place(
          item, target, expects_blobs_, [&] { return payload.md5; }, put, deadline))
    bytes_ += item.size;
}

/// Brings one file into its place, as far as what is there already allows it.
bool Uploader::place(UploadItem const& item, BlobTarget& target, bool look_first,
                     std::function<std::string()> const& md5, std::function<http::Response(bool only_new)> const& put,
                     http::Deadline const& deadline) {
  auto there = There::nothing;
  if (look_first && !looks_refused_) {
    there = look(item, target, md5, deadline);
    if (skip_if_settled(there, item)) return false;
  }
  auto response = put(there != There::other);
  if (is_conflict(response)) {
    expects_blobs_ = true;
    bool const taken = is_taken(response);
    there = taken && (options_.existing == Existing::skip || looks_refused_) ? There::unknown
                                                                             : look(item, target, md5, deadline);
    if (there == There::same || (taken && options_.existing == Existing::skip)) {
      skip(item);
      return false;
    }
    if (taken && options_.existing == Existing::replace) response = put(false);
  }
  check_written(response, doing(item));
  ++files_;
  return true;
}

Uploader::There Uploader::look(UploadItem const& item, BlobTarget& target, std::function<std::string()> const& md5,
                               http::Deadline const& deadline) {
  auto const response = writer_.head(target, deadline);
  if (response.status == 404) {
    expects_blobs_ = false;
    return There::nothing;
  }
  if (response.status == 403) {
    looks_refused_ = true;
    return There::unknown;
  }
  if (response.status != 200 || !is_from_a_storage(response)) throw_no_look(response, doing(item));
  expects_blobs_ = true;
  if (header(response, "Content-Length") != std::to_string(item.size)) return There::other;
  if (item.size == 0) return There::same;
  auto const known = blob_md5(response);
  return !known.empty() && known == md5() ? There::same : There::other;
}

/// True when what is there leaves nothing to be sent.
bool Uploader::skip_if_settled(There there, UploadItem const& item) {
  if (there == There::same || (there == There::other && options_.existing == Existing::skip)) {
    skip(item);
    return true;
  }
  if (there == There::other && options_.existing == Existing::refuse) {
    throw core::make_error<ServiceError>(
        "cannot " + doing(item) + ": the storage has a blob of that name and of other content; choose another name",
        {.status = 409, .code = "BlobAlreadyExists"});
  }
  return false;
}

void Uploader::skip(UploadItem const& item) {
  ++skipped_;
  meter_.skip(item.size);
}

std::string Uploader::doing(UploadItem const& item) const {
  return options_.what.empty() ? "upload '" + item.blob + "'" : options_.what + " ('" + item.blob + "')";
}

TransferReport upload_files(http::Pipeline const& pipeline, Addresses& addresses, UploadSet const& set,
                            UploadOptions const& options, Context const& context) {
  return Uploader(pipeline, addresses, set, options, context).run();
}

}  // namespace azureml::transfer
