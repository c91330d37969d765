#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace azureml::base {

std::string to_hex(std::string_view bytes);                                ///< Lower case.
std::string to_base64(std::string_view bytes);                             ///< Standard alphabet, padded.
std::optional<std::string> from_base64(std::string_view text);             ///< Nothing when it is not strictly base64.
std::string to_base64url(std::string_view bytes);                          ///< RFC 4648 section 5, without padding.
std::optional<std::string> from_base64url(std::string_view text);
/// Percent-encodes all but RFC 3986's unreserved characters and those in `keep`.
std::string percent_encode(std::string_view text, std::string_view keep = {});
std::optional<std::string> percent_decode(std::string_view text);          ///< Nothing when a `%` is not followed by two hex digits.
std::string to_lower_ascii(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;  ///< ASCII only.

}  // namespace azureml::base
