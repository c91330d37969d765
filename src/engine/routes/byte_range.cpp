#include "engine/routes/byte_range.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <charconv>

namespace azureml::engine::routes {
namespace {

/// All digits; a number beyond 64 bits is beyond every file.
std::optional<std::uint64_t> number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
  std::uint64_t value = 0;
  auto const result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc{} ? value : UINT64_MAX;
}

}  // namespace

std::optional<AskedRange> parse_range(std::string_view header) {
  constexpr std::string_view kUnit = "bytes=";
  if (header.size() <= kUnit.size() || !base::equal_ignoring_case(header.substr(0, kUnit.size()), kUnit)) return std::nullopt;
  header.remove_prefix(kUnit.size());
  auto const dash = header.find('-');
  if (dash == header.npos) return std::nullopt;
  auto const first = header.substr(0, dash), last = header.substr(dash + 1);
  AskedRange asked{.first = number(first), .last = number(last)};
  if ((!first.empty() && !asked.first) || (!last.empty() && !asked.last) || (first.empty() && last.empty())) return std::nullopt;
  if (asked.first && asked.last && *asked.last < *asked.first) return std::nullopt;
  return asked;
}

std::optional<ByteRange> satisfy(AskedRange const& asked, std::uint64_t size) {
  if (!asked.first) {
    auto const length = std::min(asked.last.value_or(0), size);
    if (length == 0) return std::nullopt;
    return ByteRange{size - length, length};
  }
  if (*asked.first >= size) return std::nullopt;
  auto const last = std::min(asked.last.value_or(size - 1), size - 1);
  return ByteRange{*asked.first, last - *asked.first + 1};
}

}  // namespace azureml::engine::routes
