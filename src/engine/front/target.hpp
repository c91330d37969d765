#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::engine::front {

/// The target of a request line, taken apart and decoded once.
struct Target {
  std::vector<std::string> segments{};              ///< Decoded; a trailing slash leaves an empty last one.
  std::multimap<std::string, std::string> query{};  ///< Decoded; names as sent.
  [[nodiscard]] std::string path() const;           ///< Segments joined by slashes.
};

/// @throws routes::ApiError 400 for what is no path of ours: bad escapes, control characters, `.` and `..` in any
/// spelling
Target parse_target(std::string_view raw);

}  // namespace azureml::engine::front
