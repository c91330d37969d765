#pragma once
#include "http/transport.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace azureml::transfer {

/// `bytes 5-16/17`, `bytes 5-16/*` or `bytes */17`.
struct ContentRange {
  std::optional<std::uint64_t> first{}, last{}, total{};
};
/// Nothing when the text is none of these.
std::optional<ContentRange> parse_content_range(std::string_view text);

/// A whole number without sign; nothing when the text is anything else.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// The raw MD5 that the server says of the whole blob; empty when it says none, or none that can be read.
std::string blob_md5(http::Response const& head);

}  // namespace azureml::transfer
