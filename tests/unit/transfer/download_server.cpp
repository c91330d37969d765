#include "unit/transfer/download_server.hpp"

#include "core/make_error.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <random>
#include <utility>

namespace azureml::test {

namespace {

std::string md5(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned size = 0;
  ::EVP_Digest(bytes.data(), bytes.size(), raw.data(), &size, ::EVP_md5(), nullptr);
  std::array<unsigned char, 32> text{};
  auto const length = ::EVP_EncodeBlock(text.data(), raw.data(), static_cast<int>(size));
  return {reinterpret_cast<char const*>(text.data()), static_cast<std::size_t>(length)};
}

std::string value(http::Request const& request, char const* name) {
  auto const found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

std::string decode(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      result += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

http::Response failure(int status, std::string const& code) {
  return {.status = status,
          .headers = {{"x-ms-error-code", code}, {"x-ms-request-id", "request-1"}},
          .body = "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>It is so.</Message></Error>"};
}

[[noreturn]] void lose(std::string const& reason) {
  throw core::make_error<TransportError>("cannot GET: " + reason, {.retryable = true});
}

}  // namespace

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; i += 8) {
    auto word = generator();
    for (std::size_t k = i; k < std::min(size, i + 8); ++k, word >>= 8U) text[k] = static_cast<char>(word & 0xFFU);
  }
  return text;
}

void DownloadServer::put(std::string const& name, Blob blob) {
  blob.md5 = md5(blob.content);
  std::lock_guard const lock(mutex_);
  blobs_[name] = std::move(blob);
}
void DownloadServer::end_after(std::uint64_t bytes, std::function<void()> end) {
  std::lock_guard const lock(mutex_);
  left_ = bytes;
  end_ = std::move(end);
}
void DownloadServer::work_again() {
  std::lock_guard const lock(mutex_);
  left_.reset();
}
void DownloadServer::answer_from(std::string const& name, std::function<Blob()> make) {
  std::lock_guard const lock(mutex_);
  made_[name] = std::move(make);
}
void DownloadServer::on_answer(Fault fault) {
  std::lock_guard const lock(mutex_);
  fault_ = std::move(fault);
}
std::vector<DownloadServer::Sent> DownloadServer::requests() const {
  std::lock_guard const lock(mutex_);
  return requests_;
}
void DownloadServer::forget_requests() {
  std::lock_guard const lock(mutex_);
  requests_.clear();
}
std::uint64_t DownloadServer::take_bytes_given() {
  std::lock_guard const lock(mutex_);
  return std::exchange(given_, 0);
}

http::Response DownloadServer::send(http::Request const& request, Context const& context) {
  if (context.stop.stop_requested()) throw core::make_error<StoppedError>("stopped");
  auto const path = request.url.substr(0, request.url.find('?'));
  Sent sent{.name = decode(path.substr(std::min(path.size(), sizeof kAddress))),
            .range = value(request, "Range"),
            .if_match = value(request, "If-Match"),
            .if_none_match = value(request, "If-None-Match"),
            .url = request.url,
            .asked_md5 = value(request, "x-ms-range-get-content-md5") == "true"};
  http::Response response;
  Fate fate;
  {
    std::lock_guard const lock(mutex_);
    sent.given = given_;
    requests_.push_back(sent);
    if (auto const made = made_.find(sent.name); made != made_.end()) blobs_[sent.name] = made->second();
    response = answer(sent);
    if (fault_) fate = fault_(sent, response);
  }
  if (fate.instead) response = std::move(*fate.instead);
  if (response.status < 200 || response.status > 299 || !request.sink) {
    if (fate.cut_after) lose("the connection was lost before the answer came");
    return response;
  }
  auto const body = std::exchange(response.body, {});
  request.sink->begin(response);
  auto const size = std::min(fate.cut_after.value_or(body.size()), body.size());
  for (std::size_t at = 0; at < size; at += piece) {
    auto part = std::string_view(body).substr(at, std::min(piece, size - at));
    auto const end = spend(part);
    if (!part.empty()) request.sink->write(part);
    if (end) {
      end();
      if (context.stop.stop_requested()) throw core::make_error<StoppedError>("stopped");
      lose("the connection was reset in the middle of the answer");
    }
    if (context.stop.stop_requested()) throw core::make_error<StoppedError>("stopped");
  }
  if (fate.cut_after) lose("the connection was reset in the middle of the answer");
  return response;
}

std::function<void()> DownloadServer::spend(std::string_view& part) {
  std::lock_guard const lock(mutex_);
  bool const is_end = left_ && *left_ <= part.size();
  if (is_end) part = part.substr(0, static_cast<std::size_t>(*left_));
  if (left_) *left_ -= part.size();
  given_ += part.size();
  return is_end ? end_ : std::function<void()>{};
}

http::Response DownloadServer::answer(Sent const& sent) const {
  auto const found = blobs_.find(sent.name);
  if (found == blobs_.end()) return failure(404, "BlobNotFound");
  auto const& blob = found->second;
  if (!sent.if_match.empty() && sent.if_match != blob.etag) return failure(412, "ConditionNotMet");
  if (!sent.if_none_match.empty() && sent.if_none_match == blob.etag) return {.status = 304};
  http::Response response{.status = 200, .headers = {{"x-ms-blob-type", "BlockBlob"}}};
  if (gives_etags) response.headers["ETag"] = blob.etag;
  if (sent.range.empty() || !gives_ranges) {
    response.body = blob.content;
    if (blob.tells_md5) response.headers["Content-MD5"] = blob.md5;
  } else {
    auto const dash = sent.range.find('-');
    auto const first = std::stoull(sent.range.substr(6, dash - 6));
    if (first >= blob.content.size()) {
      auto error = failure(416, "InvalidRange");
      error.headers["Content-Range"] = "bytes */" + std::to_string(blob.content.size());
      return error;
    }
    auto last = blob.content.size() - 1;
    if (dash + 1 < sent.range.size()) last = std::min<std::size_t>(last, std::stoull(sent.range.substr(dash + 1)));
    if (sent.asked_md5 && last - first + 1 > (4 << 20)) return failure(400, "OutOfRangeQueryParameterValue");
    response.status = 206;
    response.body = blob.content.substr(first, last - first + 1);
    response.headers["Content-Range"] =
        "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(blob.content.size());
    if (blob.tells_md5) response.headers["x-ms-blob-content-md5"] = blob.md5;
    if (sent.asked_md5 && blob.sums_ranges) response.headers["Content-MD5"] = md5(response.body);
  }
  if (gives_lengths) {
    response.headers["Content-Length"] = std::to_string(response.body.size());
  } else {
    response.headers["Transfer-Encoding"] = "chunked";
  }
  return response;
}

}  // namespace azureml::test
