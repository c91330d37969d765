#pragma once
#include <string>
#include <string_view>

namespace azureml::snapshot {

/// A name in quotes, for people: what is no printable UTF-8 is shown as `\xNN`.
std::string shown(std::string_view name);

/// True for UTF-8 text without control characters: what a name in a snapshot may be.
bool is_fit_name(std::string_view name) noexcept;

}  // namespace azureml::snapshot
