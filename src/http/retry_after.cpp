#include "http/retry_after.hpp"

#include <algorithm>
#include <charconv>

namespace azureml::http {

namespace {

/// Beyond this no number is a wait: it only has to be longer than any bound on the total time.
constexpr long kMillisecondsMax = 1000L * 60 * 60 * 24 * 365;

std::string_view trimmed(std::string_view text) {
  auto const begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<std::chrono::milliseconds> number(std::string_view text, long milliseconds_each) {
  text = trimmed(text);
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) return {};
  double value = 0;
  auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return {};
  auto const milliseconds =
      std::min(value * static_cast<double>(milliseconds_each), static_cast<double>(kMillisecondsMax));
  return std::chrono::milliseconds(static_cast<long>(milliseconds));
}

}  // namespace

std::optional<std::chrono::milliseconds> retry_after(Headers const& headers, base::SystemTime now) {
  for (auto const* name : {"retry-after-ms", "x-ms-retry-after-ms"}) {
    if (auto const found = headers.find(name); found != headers.end()) {
      if (auto const wait = number(found->second, 1)) return wait;
    }
  }
  auto const found = headers.find("Retry-After");
  if (found == headers.end()) return {};
  if (auto const wait = number(found->second, 1000)) return wait;
  if (auto const date = base::from_http_date(trimmed(found->second))) {
    if (*date <= now) return std::chrono::milliseconds{0};
    return std::min(std::chrono::ceil<std::chrono::milliseconds>(*date - now),
                    std::chrono::milliseconds{kMillisecondsMax});
  }
  return {};
}

}  // namespace azureml::http
