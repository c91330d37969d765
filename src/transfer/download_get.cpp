// One range of a blob: asked for until all of it is there, from the byte that was reached.
#include "core/make_error.hpp"
#include "transfer/blob.hpp"
#include "transfer/content_range.hpp"
#include "transfer/download_blob.hpp"
#include "transfer/download_sum.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace azureml::transfer {

namespace {

constexpr int kRenewalsMax = 3;  ///< Without an answer in between that a new signature has brought.

[[noreturn]] void refuse(std::string const& what, std::string const& problem) {
  throw core::make_error<TransportError>("cannot " + what + ": " + problem + "; try again", {.retryable = true});
}

bool is_passing(int status) {
  return status == 408 || status == 429 || (status >= 500 && status != 501);
}

}  // namespace

class BlobDownload::Sink final : public http::BodySink {
 public:
  Sink(BlobDownload& file, Goal const& goal)
      : file_(file), goal_(goal), position_(goal.bytes.first), unit_first_(position_) {
    if (!goal.is_first) end_ = goal.bytes.end;
  }

  [[nodiscard]] bool is_complete() const { return is_empty_ || (end_ && position_ == *end_); }
  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] Goal const& goal() const { return goal_; }
  /// Where the next request's range ends; nothing when it is to have none, or no end.
  [[nodiscard]] std::optional<std::uint64_t> wanted_end() const {
    return end_ ? end_ : goal_.plain ? std::nullopt : std::optional(goal_.bytes.end);
  }
  void asked_for_md5(bool asked) { asked_md5_ = asked; }
  void is_empty_blob() { is_empty_ = true; }
  /// What has come counts only when all of it has.
  [[nodiscard]] bool counts_as_a_whole() const { return as_a_whole_; }

  /// Before each request.
  void prepare() {
    if (position_ == unit_first_) return;
    if (file_.no_ranges_) throw BeginAnew(BeginAnew::Reason::no_ranges);
    if (as_a_whole_) rewind();
  }

  void begin(http::Response const& head) override {
    answer_ = read_blob_answer(head, asked_md5_, file_.what_);
    if (answer_.whole && (position_ > 0 || !goal_.is_first)) throw BeginAnew(BeginAnew::Reason::no_ranges);
    auto const wanted = wanted_end();
    if (!answer_.whole && (answer_.first != position_ || (wanted && answer_.first + *answer_.size > *wanted)))
      refuse(file_.what_, "the server sends bytes from " + std::to_string(answer_.first) + " on, " +
                              std::to_string(*answer_.size) + " of them, but was asked for others");
    if (answer_.whole && !answer_.size && !head.headers.contains("Transfer-Encoding") && !file_.item_.size)
      refuse(file_.what_, "the server does not say how long the file is");
    file_.identify(answer_, goal_);
    if (goal_.is_first) {
      end_ = file_.size_;
      if (!answer_.whole) end_ = std::min(goal_.bytes.end, *end_);
    }
    answer_end_ = answer_.size ? std::optional(position_ + *answer_.size) : end_;
    bool const checks_range = !answer_.range_md5.empty() && file_.md5_.empty();
    as_a_whole_ = checks_range || (file_.md5_.empty() && file_.etag_.empty());
    digest_ = checks_range ? std::optional(base::Digest::md5()) : std::nullopt;
  }

  void write(std::string_view piece) override {
    if (file_.stale_) throw BeginAnew(BeginAnew::Reason::changed);
    if (answer_end_ && piece.size() > *answer_end_ - position_)
      refuse(file_.what_, "more bytes came than were promised");
    file_.write(position_, piece);
    if (digest_) digest_->update(piece);
    sum_.update(piece);
    position_ += piece.size();
    if (!as_a_whole_ && sum_.size() >= kUnit) flush();
  }

  /// When an answer has ended in peace.
  void end_answer() {
    if (answer_end_ && position_ != *answer_end_)
      refuse(file_.what_, "the answer ended " + std::to_string(*answer_end_ - position_) + " bytes too early");
    if (!end_) {
      file_.length_is(position_);
      end_ = position_;
    }
    if (digest_ && digest_->finish() != answer_.range_md5) {
      digest_.reset();
      rewind();
      refuse(file_.what_, "the bytes received are not those of the MD5 that the server gives");
    }
    digest_.reset();
    if (is_complete()) flush();
  }

  /// What can be of use to a later call is recorded.
  void end_in_failure() noexcept {
    try {
      if (!as_a_whole_ && !file_.stale_) flush();
    } catch (std::exception const&) {
      // The failure that has led here is the one to be told.
    }
  }

 private:
  void flush() {
    if (sum_.size() == 0) return;
    file_.record({unit_first_, position_}, std::exchange(sum_, {}).value());
    unit_first_ = position_;
  }
  void rewind() {
    file_.call_.meter.move(-static_cast<std::int64_t>(position_ - unit_first_));
    file_.moved_ -= position_ - unit_first_;
    position_ = unit_first_;
    sum_ = {};
  }

  BlobDownload& file_;
  Goal const goal_;
  std::uint64_t position_, unit_first_;
  std::optional<std::uint64_t> end_{}, answer_end_{};
  BlobAnswer answer_{};
  BlockSum sum_{};
  std::optional<base::Digest> digest_{};
  bool asked_md5_ = false, as_a_whole_ = false, is_empty_ = false;
};

http::Request BlobDownload::request(std::shared_ptr<Sink> const& sink, std::string const& url) const {
  auto result = blob_request("GET", url);
  result.sink = sink;
  result.idempotent = false;  // not the same request again, but one for the rest
  bool const is_ranged = !sink->goal().plain || sink->position() > 0;
  bool asks = false;
  if (is_ranged) {
    auto const end = sink->wanted_end();
    auto range = "bytes=" + std::to_string(sink->position()) + "-";
    if (end) range += std::to_string(*end - 1);
    result.headers.emplace("Range", range);
    asks = end && *end - sink->position() <= kFirstRange && (!known_ || md5_.empty());
    if (asks) result.headers.emplace("x-ms-range-get-content-md5", "true");
  }
  sink->asked_for_md5(asks);
  if (known_ && !etag_.empty()) {
    result.headers.emplace("If-Match", etag_);
  } else if (!if_none_match_.empty()) {
    result.headers.emplace("If-None-Match", if_none_match_);
  }
  return result;
}

bool BlobDownload::is_empty_blob(http::Response const& response, Sink& sink) {
  auto const range = parse_content_range(header(response, "Content-Range"));
  if (!sink.goal().is_first || sink.position() > 0) throw BeginAnew(BeginAnew::Reason::changed);
  if (!range || range->total != 0U) return false;
  identify({.whole = true, .size = 0, .total = 0, .etag = header(response, "ETag")}, sink.goal());
  sink.is_empty_blob();
  return true;
}

bool BlobDownload::judge(http::Response const& response, Sink& sink, DownloadPatience& patience) {
  switch (response.status) {
    case 304:
      if (if_none_match_.empty()) break;
      unchanged_ = true;
      return true;
    case 412:
      throw BeginAnew(BeginAnew::Reason::changed);
    case 416:
      if (is_empty_blob(response, sink)) return true;
      if (no_ranges_) break;
      throw BeginAnew(BeginAnew::Reason::no_ranges);
    default:
      if (!is_passing(response.status)) break;
      patience.after(response, what_);
      return false;
  }
  throw_blob_error(response, what_);
}

void BlobDownload::get(Goal const& goal, http::Deadline const& deadline) {
  auto const sink = std::make_shared<Sink>(*this, goal);
  DownloadPatience patience(call_, deadline);
  std::string refused;
  http::Response refusal;
  int renewals = 0;
  bool over = false;
  try {
    while (!over && !sink->is_complete()) {
      deadline.check("trying to " + what_);
      sink->prepare();
      auto const url = call_.addresses.blob(item_.blob, refused, deadline.left());
      if (!refused.empty() && url == refused) throw_blob_error(refusal, what_);
      auto const before = sink->position();
      try {
        auto response = call_.pipeline.send(request(sink, url), deadline.left());
        if (response.status == 403) {
          if (++renewals > kRenewalsMax) throw_blob_error(response, what_);
          refused = url;
          refusal = std::move(response);
        } else if (response.status == 200 || response.status == 206) {
          sink->end_answer();
          refused.clear();
          renewals = 0;
          patience.progressed();
        } else {
          over = judge(response, *sink, patience);
        }
      } catch (TransportError const& error) {
        if (!error.retryable()) throw;
        if (sink->position() > before && !sink->counts_as_a_whole()) patience.progressed();
        patience.after_lost();
      }
    }
  } catch (...) {
    sink->end_in_failure();
    throw;
  }
}

}  // namespace azureml::transfer
