#pragma once
#include "base/time.hpp"
#include "http/transport.hpp"

#include <chrono>
#include <optional>

namespace azureml::http {

/// How long the server asks to wait: `retry-after-ms`, `x-ms-retry-after-ms` (milliseconds) or `Retry-After` (seconds
/// or an HTTP date compared with `now`). Nothing when it does not say or what it says cannot be read; never negative.
std::optional<std::chrono::milliseconds> retry_after(Headers const& headers, base::SystemTime now);

}  // namespace azureml::http
