#include "transfer/download_answer.hpp"

#include "base/encoding.hpp"
#include "base/redact.hpp"
#include "core/make_error.hpp"
#include "transfer/blob.hpp"
#include "transfer/content_range.hpp"

namespace azureml::transfer {

namespace {

[[noreturn]] void refuse(std::string const& what, std::string const& problem, bool retryable = true) {
  throw core::make_error<TransportError>("cannot " + what + ": " + problem, {.retryable = retryable});
}

void check_sender(http::Response const& head, std::string const& what) {
  if (is_from_a_storage(head)) return;
  bool const is_page = base::to_lower_ascii(header(head, "Content-Type")).starts_with("text/html");
  refuse(what,
         (is_page ? "a web page" : "an answer that no storage sends") +
             std::string(" came instead of the file; is there a proxy or a sign-in page in the way?"),
         false);
}

std::string shown(std::string const& value) {
  return "'" + base::redact_text(value.substr(0, 100)) + "'";
}

}  // namespace

bool is_same_etag(std::string_view a, std::string_view b) {
  auto const bare = [](std::string_view etag) {
    return etag.size() >= 2 && etag.front() == '"' && etag.back() == '"' ? etag.substr(1, etag.size() - 2) : etag;
  };
  return bare(a) == bare(b);
}

BlobAnswer read_blob_answer(http::Response const& head, bool asked_md5, std::string const& what) {
  check_sender(head, what);
  BlobAnswer answer{.whole = head.status == 200, .etag = header(head, "ETag"), .md5 = blob_md5(head)};
  if (answer.etag.starts_with("W/") || answer.etag.size() > 1000) answer.etag.clear();
  auto const length = header(head, "Content-Length");
  auto const size = parse_size(length);
  if (!length.empty() && !size) refuse(what, "the server says a length of " + shown(length));
  if (head.headers.contains("Transfer-Encoding")) {
    answer.size = answer.whole ? std::nullopt : answer.size;
  } else {
    answer.size = size;
  }
  if (answer.whole) {
    answer.total = answer.size;
    return answer;
  }
  auto const text = header(head, "Content-Range");
  auto const range = parse_content_range(text);
  if (head.status != 206 || !range || !range->first || !range->last || !range->total || *range->last >= *range->total)
    refuse(what, "the server answered " + std::to_string(head.status) + " with the range " + shown(text));
  auto const ranged = *range->last - *range->first + 1;
  if (answer.size && *answer.size != ranged)
    refuse(what, "the server promises " + std::to_string(*answer.size) + " bytes of the range " + shown(text));
  answer.first = *range->first;
  answer.size = ranged;
  answer.total = range->total;
  if (asked_md5) {
    auto const raw = base::from_base64(header(head, "Content-MD5"));
    if (raw && raw->size() == 16) answer.range_md5 = *raw;
  }
  return answer;
}

}  // namespace azureml::transfer
