#pragma once
#include "engine/routes/exchange.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace azureml::engine::front {

/// The status line and headers of a response as bytes. Control characters in values become blanks, so that text from
/// outside cannot begin a header of its own; names that are no tokens are left out. `content_length` and `keep_alive`
/// win over headers of those names.
std::string format_head(int status, routes::Headers const& headers, std::optional<std::uint64_t> content_length,
                        bool keep_alive);

}  // namespace azureml::engine::front
