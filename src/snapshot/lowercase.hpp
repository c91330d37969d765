#pragma once
#include <string>
#include <string_view>

namespace azureml::snapshot {

/// The Unicode lower case of valid UTF-8 text, as Python's `str.lower` gives it, whatever the locale: `İ` becomes two
/// code points and a final `Σ` becomes `ς`.
std::string to_lower_unicode(std::string_view text);

/// True when `text` is valid UTF-8 (no overlong forms, no surrogates).
bool is_valid_utf8(std::string_view text) noexcept;

}  // namespace azureml::snapshot
