#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "http/deadline.hpp"
#include "transfer/blob.hpp"
#include "transfer/file_source.hpp"
#include "transfer/parallel.hpp"
#include "transfer/transfer.hpp"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace azureml::transfer {

namespace {

constexpr unsigned kThreads = 4;
constexpr std::size_t kPiece = 256 << 10;
constexpr std::uint64_t kSinglePutMax = 64 << 20;
constexpr std::uint64_t kBlock = 8 << 20;
constexpr std::uint64_t kBlocksMax = 50'000;  ///< Of one blob, by the service's rules.
constexpr char kContentType[] = "application/octet-stream";

/// What the tasks have done, and its report to the caller.
class Progress {
 public:
  Progress(snapshot::Plan const& plan, ProgressHandler const& handler) : plan_(plan), handler_(handler) {}

  void begin_file(std::string const& path) {
    std::lock_guard const lock(mutex_);
    current_ = path;
  }
  void move(std::int64_t bytes) {
    std::lock_guard const lock(mutex_);
    bytes_ += bytes;
  }
  void end_file() {
    std::lock_guard const lock(mutex_);
    ++files_;
  }
  /// On the calling thread only, and never with the lock held.
  void report() {
    TransferProgress progress{
        .phase = TransferPhase::uploading, .bytes_total = plan_.bytes, .files_total = plan_.files.size()};
    std::string current;
    {
      std::lock_guard const lock(mutex_);
      progress.bytes_done =
          static_cast<std::uint64_t>(std::clamp<std::int64_t>(bytes_, 0, static_cast<std::int64_t>(plan_.bytes)));
      progress.files_done = files_;
      current = current_;
    }
    progress.current = current;
    handler_(progress);
  }
  void report_end() {
    if (!handler_) return;
    handler_({.phase = TransferPhase::uploading,
              .bytes_done = plan_.bytes,
              .bytes_total = plan_.bytes,
              .files_done = plan_.files.size(),
              .files_total = plan_.files.size()});
  }

 private:
  snapshot::Plan const& plan_;
  ProgressHandler const& handler_;
  std::mutex mutex_{};
  std::int64_t bytes_ = 0;
  std::uint64_t files_ = 0;
  std::string current_{};
};

/// A file's MD5, and those of its blocks when it goes up in blocks; all in base64.
struct Digests {
  std::string whole{};
  std::vector<std::string> blocks{};
};

/// All ids of a blob must have the same length.
std::string block_id(std::size_t number) {
  auto const digits = std::to_string(number);
  return base::to_base64("block-" + std::string(6 - std::min<std::size_t>(digits.size(), 6), '0') + digits);
}

std::uint64_t block_size(std::uint64_t size) {
  return std::max(kBlock, (size + kBlocksMax - 1) / kBlocksMax);
}

class Upload {
 public:
  Upload(http::Pipeline const& pipeline, snapshot::Plan const& plan, std::string const& container_sas_uri,
         std::string const& folder, ProgressHandler const& on_progress, Context const& context)
      : pipeline_(pipeline),
        plan_(plan),
        container_(container_sas_uri),
        folder_(folder),
        outer_(context.stop),
        deadline_(context, pipeline.clock()),
        progress_(plan, on_progress),
        tick_(on_progress ? [this] { progress_.report(); } : std::function<void()>{}) {}

  void run(std::string const& code_name, std::string const& code_version) {
    if (!plan_.files.empty() && !is_complete()) {
      run_parallel(
          plan_.files.size(), kThreads, outer_,
          [this](std::size_t i, std::stop_token const& stop) { put_file(plan_.files[i], stop); }, tick_);
      deadline_.check("uploading the snapshot");
      complete(code_name, code_version);
    }
    progress_.report_end();
  }

 private:
  [[nodiscard]] std::string url(snapshot::File const& file, std::string_view query = {}) const {
    return container_.blob(folder_ + "/" + file.path, query);
  }
  /// What is left of the caller's time, ended also by the failure of another file.
  [[nodiscard]] Context left(std::stop_token const& stop) const {
    return {.stop = stop, .timeout = deadline_.left().timeout};
  }

  /// Looks at the first blob: is everything there already, or some of it from an upload that was not finished?
  bool is_complete() {
    auto const& first = plan_.files.front();
    auto const response = pipeline_.send(blob_request("HEAD", url(first)), deadline_.left());
    if (response.status == 404) return false;
    if (response.status != 200) throw_blob_error(response, "look for '" + first.path + "' in the snapshot's container");
    torn_ = true;
    return header(response, "x-ms-meta-upload_status") == "completed";
  }

  void complete(std::string const& code_name, std::string const& code_version) const {
    auto request = blob_request("PUT", url(plan_.files.front(), "comp=metadata"));
    request.headers.insert(
        {{"x-ms-meta-upload_status", "completed"}, {"x-ms-meta-name", code_name}, {"x-ms-meta-version", code_version}});
    send_blob(pipeline_, request, "mark the snapshot as complete", deadline_);
  }

  void put_file(snapshot::File const& file, std::stop_token const& stop) {
    progress_.begin_file(file.path);
    auto const reader = std::make_shared<snapshot::FileReader>(plan_, file);
    auto const digests = hash(*reader, file, stop);
    if (stop.stop_requested()) return;
    auto const response =
        digests.blocks.empty() ? put_whole(file, reader, digests, stop) : put_blocks(file, reader, digests, stop);
    // What went up is what was hashed here, by the MD5; that this is still the file of the plan, the file itself has to
    // say.
    reader->check_unchanged();
    bool const there = response.status == 409 || response.status == 412;
    bool const taken =
        (response.status >= 200 && response.status < 300) || (there && is_same(file, digests.whole, stop));
    if (!taken) throw_blob_error(response, "upload '" + file.path + "'");
    progress_.end_file();
  }

  static Digests hash(snapshot::FileReader& reader, snapshot::File const& file, std::stop_token const& stop) {
    Digests digests;
    bool const in_blocks = file.size > kSinglePutMax;
    auto const block = block_size(file.size);
    auto whole = base::Digest::md5(), part = base::Digest::md5();
    std::string buffer(static_cast<std::size_t>(std::clamp<std::uint64_t>(file.size, 1, kPiece)), '\0');
    for (std::uint64_t position = 0; position < file.size && !stop.stop_requested();) {
      auto const left = block - position % block;
      auto const got =
          reader.read(std::span(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size()))));
      std::string_view const piece(buffer.data(), got);
      position += got;
      whole.update(piece);
      if (!in_blocks) continue;
      part.update(piece);
      if (position % block == 0 || position == file.size) {
        digests.blocks.push_back(base::to_base64(part.finish()));
        part = base::Digest::md5();
      }
    }
    digests.whole = base::to_base64(whole.finish());
    return digests;
  }

  [[nodiscard]] std::function<void(std::int64_t)> moved() {
    return [this](std::int64_t bytes) { progress_.move(bytes); };
  }

  void guard_against_others(http::Request& request) const {
    if (!torn_) request.headers.emplace("If-None-Match", "*");
  }

  http::Response put_whole(snapshot::File const& file, std::shared_ptr<snapshot::FileReader> const& reader,
                           Digests const& digests, std::stop_token const& stop) {
    auto request = blob_request("PUT", url(file));
    request.headers.insert({{"x-ms-blob-type", "BlockBlob"}, {"Content-Type", kContentType}});
    guard_against_others(request);
    if (file.size > 0) {
      request.headers.emplace("Content-MD5", digests.whole);
      request.source = std::make_shared<FileSource>(reader, 0, file.size, moved());
    }
    return pipeline_.send(request, left(stop));
  }

  /// The answer to the list of blocks, or to the first block that was not taken.
  http::Response put_blocks(snapshot::File const& file, std::shared_ptr<snapshot::FileReader> const& reader,
                            Digests const& digests, std::stop_token const& stop) {
    auto const size = block_size(file.size);
    std::string list = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
    for (std::size_t i = 0; i < digests.blocks.size(); ++i) {
      auto const id = block_id(i);
      auto const offset = i * size;
      auto request = blob_request("PUT", url(file, "comp=block&blockid=" + base::percent_encode(id)));
      request.headers.insert({{"Content-Type", kContentType}, {"Content-MD5", digests.blocks[i]}});
      request.source = std::make_shared<FileSource>(reader, offset, std::min(size, file.size - offset), moved());
      auto response = pipeline_.send(request, left(stop));
      if (response.status < 200 || response.status > 299) return response;
      list += "<Latest>" + id + "</Latest>";
    }
    auto request = blob_request("PUT", url(file, "comp=blocklist"));
    request.headers.insert({{"Content-Type", "application/xml"},
                            {"x-ms-blob-content-type", kContentType},
                            {"x-ms-blob-content-md5", digests.whole}});
    guard_against_others(request);
    request.body = list + "</BlockList>";
    return pipeline_.send(request, left(stop));
  }

  /// After "exists already": an earlier attempt whose answer was lost, or something else of that name?
  [[nodiscard]] bool is_same(snapshot::File const& file, std::string const& md5, std::stop_token const& stop) const {
    auto const response = pipeline_.send(blob_request("HEAD", url(file)), left(stop));
    return response.status == 200 && header(response, "Content-Length") == std::to_string(file.size) &&
           (file.size == 0 || header(response, "Content-MD5") == md5);
  }

  http::Pipeline const& pipeline_;
  snapshot::Plan const& plan_;
  ContainerUrl container_;
  std::string const& folder_;
  std::stop_token outer_;
  http::Deadline deadline_;
  Progress progress_;
  std::function<void()> tick_;
  bool torn_ = false;
};

}  // namespace

void upload_snapshot(http::Pipeline const& pipeline, snapshot::Plan const& plan, std::string const& container_sas_uri,
                     std::string const& folder, std::string const& code_name, std::string const& code_version,
                     ProgressHandler const& on_progress, Context const& context) {
  Upload(pipeline, plan, container_sas_uri, folder, on_progress, context).run(code_name, code_version);
}

}  // namespace azureml::transfer
