// Reading a growing log from a server that answers, cuts and lies as the input says. Each byte chooses an answer; bytes that are given on
// are the log's, each once and in order, as long as the server's answers are those of a storage.
#include "core/make_error.hpp"
#include "fuzz/fuzz_input.hpp"
#include "http/pipeline.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_transport.hpp"
#include "transfer/transfer.hpp"

#include <azureml/error.hpp>

#include <algorithm>
#include <charconv>
#include <memory>

using namespace azureml;

namespace {

constexpr std::size_t kRoundsMax = 32;

std::string const& whole_log() {
  static std::string const kLog = [] {
    std::string text;
    for (int i = 0; i < 4096; ++i) text += static_cast<char>((i * 31 + i / 256) & 0xFF);  // any byte, invalid UTF-8 and NUL among them
    return text;
  }();
  return kLog;
}

std::uint64_t asked_offset(test::SentRequest const& request) {
  auto const range = request.header("Range");
  std::uint64_t offset = 0;
  fuzz::require(range.starts_with("bytes=") && range.ends_with("-"), "a log is asked for by its position");
  std::from_chars(range.data() + 6, range.data() + range.size(), offset);
  return offset;
}

/// One server, its log `visible` bytes long so far.
class Server {
 public:
  explicit Server(std::string_view input) : rest_(input) {
    http::PipelineOptions options;
    options.transport = transport_;
    options.clock = &clock_;
    options.retry.jitter = [] { return 0.5; };
    options.retry.attempts_max = 3;
    pipeline_ = std::make_unique<http::Pipeline>(std::move(options));
    transport_->otherwise([this](test::SentRequest const& request) { return answer(request); });
  }

  void run() {
    for (std::size_t round = 0; !rest_.empty() && round < kRoundsMax; ++round) read();
  }

 private:
  void read() {
    transport_->piece_size(1U + fuzz::take_byte(rest_));
    auto const start = got_.size();
    try {
      auto const result = transfer::read_from(
          *pipeline_, "http://storage/box/log?sig=x", start, std::nullopt, "Running", [&](std::string_view piece) { got_ += piece; }, {});
      fuzz::require(result.bytes == got_.size() - start, "as many bytes are told as were given");
    } catch (TransportError const&) {
    } catch (ServiceError const&) {
    }
    if (!lied_) fuzz::require(whole_log().starts_with(got_), "the bytes given are the log's, each once and in order");
  }

  http::Response answer(test::SentRequest const& request) {
    auto const offset = asked_offset(request);
    auto const kind = fuzz::take_byte(rest_);
    visible_ = std::min(visible_ + kind, whole_log().size());
    switch (kind % 8) {
      case 0: return {.status = 200, .headers = {{"ETag", "\"1\""}}, .body = whole_log().substr(0, visible_)};
      case 1: return with_range(206, std::string(fuzz::take_line(rest_)), offset);  // any text as Content-Range
      case 2: return {.status = static_cast<int>(400 + fuzz::take_byte(rest_)), .body = std::string(fuzz::take_line(rest_))};
      case 3: throw core::make_error<TransportError>("the connection was lost", {.retryable = true});
      default: return honest(offset);
    }
  }

  [[nodiscard]] http::Response honest(std::uint64_t offset) const {
    if (offset >= visible_) return {.status = 416, .headers = {{"ETag", "\"1\""}, {"Content-Range", "bytes */" + std::to_string(visible_)}}};
    auto const range = "bytes " + std::to_string(offset) + "-" + std::to_string(visible_ - 1) + "/" + std::to_string(visible_);
    return {.status = 206,
            .headers = {{"ETag", "\"1\""}, {"Content-Range", range}},
            .body = whole_log().substr(static_cast<std::size_t>(offset), visible_ - static_cast<std::size_t>(offset))};
  }

  http::Response with_range(int status, std::string range, std::uint64_t offset) {
    lied_ = true;  // it may well say that other bytes are these
    return {.status = status,
            .headers = {{"ETag", "\"1\""}, {"Content-Range", std::move(range)}},
            .body = whole_log().substr(0, static_cast<std::size_t>(offset % 64))};
  }

  std::string_view rest_;
  std::size_t visible_ = 0;
  bool lied_ = false;
  std::string got_{};
  test::FakeClock clock_{};
  std::shared_ptr<test::FakeTransport> transport_ = std::make_shared<test::FakeTransport>();
  std::unique_ptr<http::Pipeline> pipeline_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  Server(fuzz::as_text(data, size)).run();
  return 0;
}
