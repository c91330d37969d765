#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace azureml::engine::routes {

/// One range of bytes as a request asks for it: `bytes=a-b`, `bytes=a-`, `bytes=-n`.
struct AskedRange {
  std::optional<std::uint64_t> first{};  ///< None: the last `last` bytes.
  std::optional<std::uint64_t> last{};   ///< None: to the end.
};
/// Nothing for other units, several ranges and what is no range: such a header is as good as absent (RFC 9110).
std::optional<AskedRange> parse_range(std::string_view header);

struct ByteRange {
  std::uint64_t offset = 0, length = 0;
};
/// The part of a file of `size` bytes; nothing when the range begins at its end or beyond (416).
std::optional<ByteRange> satisfy(AskedRange const& asked, std::uint64_t size);

}  // namespace azureml::engine::routes
