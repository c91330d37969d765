#include "http/url.hpp"

#include "base/encoding.hpp"

#include <algorithm>

namespace azureml::http {

std::string origin_of(std::string_view url) {
  auto const scheme = url.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return {};
  auto const begin = scheme + 3;
  auto const end = std::min(url.find_first_of("/?#", begin), url.size());
  if (end == begin) return {};
  return std::string(url.substr(0, end));
}

std::string with_origin(std::string_view url, std::string_view from, std::string_view to) {
  auto const origin = origin_of(url);
  if (origin.empty() || !base::equal_ignoring_case(origin, from)) return std::string(url);
  return std::string(to) + std::string(url.substr(origin.size()));
}

}  // namespace azureml::http
