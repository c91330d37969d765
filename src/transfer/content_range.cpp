#include "transfer/content_range.hpp"

#include "base/encoding.hpp"
#include "transfer/blob.hpp"

#include <charconv>

namespace azureml::transfer {

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t size = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return size;
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
  if (!base::equal_ignoring_case(text.substr(0, 6), "bytes ")) return std::nullopt;
  text.remove_prefix(6);
  auto const slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto const range = text.substr(0, slash), total = text.substr(slash + 1);
  ContentRange result;
  if (total != "*") {
    result.total = parse_size(total);
    if (!result.total) return std::nullopt;
  }
  if (range == "*") return result.total ? std::optional(result) : std::nullopt;
  auto const dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  result.last = parse_size(range.substr(dash + 1));
  result.first = parse_size(range.substr(0, dash));
  if (!result.first || !result.last || *result.last < *result.first) return std::nullopt;
  return result;
}

std::string blob_md5(http::Response const& head) {
  // On a 206 the plain header is that of the range.
  for (auto const* const name : {"x-ms-blob-content-md5", "Content-MD5"}) {
    if (head.status != 200 && std::string_view(name) == "Content-MD5") continue;
    auto const raw = base::from_base64(header(head, name));
    if (raw && raw->size() == 16) return *raw;
  }
  return {};
}

}  // namespace azureml::transfer
