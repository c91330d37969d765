#include "core/make_error.hpp"
#include "transfer/blob.hpp"
#include "transfer/content_range.hpp"
#include "transfer/transfer.hpp"

#include <algorithm>

namespace azureml::transfer {

namespace {

constexpr std::chrono::seconds kPatience{100};

/// Gives on what lies behind the offset and has not been given yet, whatever part of the file each attempt is answered
/// with.
class RangeSink final : public http::BodySink {
 public:
  RangeSink(std::uint64_t offset, std::function<void(std::string_view)> const& receiver)
      : next_(offset), receiver_(receiver) {}

  void begin(http::Response const& head) override {
    position_ = 0;
    if (!is_from_a_storage(head))
      throw core::make_error<TransportError>(
          "cannot read a log: an answer that no storage sends came instead; is there a proxy or a sign-in page in the "
          "way?");
    if (head.status != 206) return;
    auto const range = parse_content_range(header(head, "Content-Range"));
    if (!range || !range->first || *range->first > next_)
      throw core::make_error<TransportError>("cannot read a log from byte " + std::to_string(next_) +
                                             " on: the server answered with '" +
                                             header(head, "Content-Range").substr(0, 100) + "'");
    position_ = *range->first;
  }

  void write(std::string_view piece) override {
    auto const known = std::min<std::uint64_t>(next_ > position_ ? next_ - position_ : 0, piece.size());
    position_ += piece.size();
    piece.remove_prefix(static_cast<std::size_t>(known));
    if (piece.empty()) return;
    next_ += piece.size();  // before the call: should it throw, these bytes were given
    receiver_(piece);
  }

  /// Where the next byte to be given lies, and where the last answer ended.
  [[nodiscard]] std::uint64_t next() const noexcept { return next_; }
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }

 private:
  std::uint64_t next_, position_ = 0;
  std::function<void(std::string_view)> const& receiver_;
};

}  // namespace

RangeResult read_from(http::Pipeline const& pipeline, std::string const& signed_url, std::uint64_t offset,
                      std::optional<std::chrono::milliseconds> wait, std::string const& known_status,
                      std::function<void(std::string_view)> const& sink, Context const& context) {
  auto const range_sink = std::make_shared<RangeSink>(offset, sink);
  auto request = blob_request("GET", signed_url);
  request.headers.emplace("Range", "bytes=" + std::to_string(offset) + "-");
  request.sink = range_sink;
  if (wait && wait->count() > 0) {
    auto const seconds = std::chrono::ceil<std::chrono::seconds>(*wait);
    request.headers.emplace("Prefer", "wait=" + std::to_string(seconds.count()));
    if (!known_status.empty()) request.headers.emplace("x-azureml-known-status", known_status);
    request.attempt_timeout = kPatience + seconds;
  }
  auto const response = pipeline.send(request, context);
  RangeResult result{.status = response.status,
                     .bytes = range_sink->next() - offset,
                     .run_status = header(response, "x-azureml-run-status")};
  switch (response.status) {
    case 200:
      result.shrank = range_sink->position() < offset;
      break;
    case 206:
      break;
    case 403:
    case 404:
      break;
    case 416: {
      auto const range = parse_content_range(header(response, "Content-Range"));
      result.shrank = range && range->total && *range->total < offset;
      break;
    }
    default:
      throw_blob_error(response, "read a log from byte " + std::to_string(offset) + " on");
  }
  return result;
}

}  // namespace azureml::transfer
