#include <azureml/log_cursor.hpp>

#include "base/encoding.hpp"
#include "core/make_error.hpp"

#include <charconv>
#include <optional>

namespace azureml {

namespace {

constexpr std::string_view kBegin = "log-cursor-1";

[[noreturn]] void refuse(std::string const& problem) {
  throw core::validation_error("the log cursor",
                               {{.field = "text",
                                 .problem = problem,
                                 .remedy = "give back what LogCursor::to_string() has written, unchanged"}});
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

LogCursor LogCursor::parse(std::string_view text) {
  LogCursor cursor;
  if (text.empty()) return cursor;
  if (!text.starts_with(kBegin)) refuse("does not begin with '" + std::string(kBegin) + "'");
  text.remove_prefix(kBegin.size());
  while (!text.empty()) {  // each round takes at least one byte
    if (text.front() != ';') refuse("has no ';' after an entry");
    text.remove_prefix(1);
    auto const entry = text.substr(0, text.find(';'));
    text.remove_prefix(entry.size());
    auto const equals = entry.find('=');
    if (equals == std::string_view::npos) refuse("has an entry without '='");
    auto const name = base::percent_decode(entry.substr(0, equals));
    auto const position = number(entry.substr(equals + 1));
    if (!name || name->empty() || !position || *position == 0)
      refuse("has an entry that is no name and number of bytes");
    if (cursor.position(*name) != 0) refuse("names a log twice");
    cursor.set_position(*name, *position);
  }
  return cursor;
}

std::string LogCursor::to_string() const {
  std::string text(kBegin);
  for (auto const& [file, position] : positions_)
    text += ";" + base::percent_encode(file, "/") + "=" + std::to_string(position);
  return text;
}

std::uint64_t LogCursor::position(std::string_view file) const noexcept {
  auto const found = positions_.find(file);
  return found == positions_.end() ? 0 : found->second;
}

void LogCursor::set_position(std::string_view file, std::uint64_t position) {
  auto const found = positions_.find(file);
  if (position == 0) {
    if (found != positions_.end()) positions_.erase(found);
  } else if (found != positions_.end()) {
    found->second = position;
  } else {
    if (positions_.size() >= kFilesMax) refuse("has more than " + std::to_string(kFilesMax) + " logs");
    positions_.emplace(file, position);
  }
}

}  // namespace azureml
