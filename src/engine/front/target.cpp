#include "engine/front/target.hpp"

#include "base/encoding.hpp"
#include "engine/routes/exchange.hpp"

#include <algorithm>
#include <utility>

namespace azureml::engine::front {

namespace {

[[noreturn]] void refuse(std::string message) {
  throw routes::ApiError{.status = 400, .code = "BadRequest", .message = std::move(message)};
}

bool has_control_character(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// A decoded segment may hold slashes of its own (`%2f`); each part between them counts as a name.
bool has_dot_name(std::string_view segment) noexcept {
  for (std::size_t begin = 0; begin <= segment.size();) {
    auto const end = std::min(segment.find('/', begin), segment.size());
    auto const name = segment.substr(begin, end - begin);
    if (name == "." || name == "..") return true;
    begin = end + 1;
  }
  return false;
}

std::string decode_segment(std::string_view raw) {
  auto decoded = base::percent_decode(raw);
  if (!decoded)
    refuse(
        "The request path has a '%' that is not followed by two hexadecimal digits; encode the path and send it "
        "again.");
  if (has_control_character(*decoded))
    refuse("The request path contains a control character; names of resources have none.");
  if (has_dot_name(*decoded)) refuse("The request path contains '.' or '..' as a name; send the path without them.");
  return std::move(*decoded);
}

/// `+` is a blank as HTML forms (and Python's `requests`) write it, but not in a signature, where it is a base64 digit.
std::string decode_query_text(std::string_view raw, bool plus_is_blank) {
  std::string text{raw};
  if (plus_is_blank) std::replace(text.begin(), text.end(), '+', ' ');
  auto decoded = base::percent_decode(text);
  if (!decoded)
    refuse("The query has a '%' that is not followed by two hexadecimal digits; encode the query and send it again.");
  if (decoded->find('\0') != std::string::npos) refuse("The query contains a NUL character.");
  return std::move(*decoded);
}

}  // namespace

std::string Target::path() const {
  std::string text;
  for (auto const& segment : segments) text += '/' + segment;
  return text.empty() ? "/" : text;
}

Target parse_target(std::string_view raw) {
  if (raw.empty() || raw.front() != '/') refuse("The request target must be a path that begins with '/'.");
  raw = raw.substr(0, raw.find('#'));
  auto const question = raw.find('?');
  auto path = raw.substr(0, question);
  while (path.starts_with('/')) path.remove_prefix(1);  // Clients join a base URL's last slash to the path's first.
  Target target;
  for (std::size_t begin = 0; !path.empty() && begin <= path.size();) {
    auto const end = std::min(path.find('/', begin), path.size());
    target.segments.push_back(decode_segment(path.substr(begin, end - begin)));
    begin = end + 1;
  }
  auto query = question == std::string_view::npos ? std::string_view{} : raw.substr(question + 1);
  while (!query.empty()) {
    auto const end = std::min(query.find('&'), query.size());
    auto const pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    auto const equals = pair.find('=');
    auto const name = decode_query_text(pair.substr(0, equals), true);
    auto const value = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    target.query.emplace(name, decode_query_text(value, name != "sig"));
  }
  return target;
}

}  // namespace azureml::engine::front
