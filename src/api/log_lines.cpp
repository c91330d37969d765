#include <azureml/log_lines.hpp>

#include <algorithm>
#include <utility>

namespace azureml {

LogLines::LogLines(std::function<void(LogLine const&)> on_line, std::size_t line_max)
    : on_line_(std::move(on_line)), line_max_(std::max<std::size_t>(line_max, 1)) {}

void LogLines::operator()(LogChunk const& chunk) {
  add(chunk.text, chunk.file);
}

void LogLines::add(std::string_view text, std::string_view file) {
  auto found = begun_.find(file);
  if (found == begun_.end()) found = begun_.emplace(std::string(file), Begun{}).first;
  auto& [line, after_carriage_return] = found->second;
  while (!text.empty()) {
    if (std::exchange(after_carriage_return, false)) {
      bool const is_newline = text.front() == '\n';
      auto const whole = std::exchange(line, {});  // before the call: should it throw, the line was given
      if (is_newline) text.remove_prefix(1);
      give(whole, file, is_newline ? LogLineEnd::newline : LogLineEnd::carriage_return);
      continue;
    }
    auto const end = std::min(text.find_first_of("\r\n"), text.size());
    auto const taken = std::min(end, line_max_ - line.size());
    line.append(text.substr(0, taken));
    text.remove_prefix(taken);
    if (text.empty()) return;
    bool const at_end = taken == end;
    if (at_end && text.front() == '\r') {
      after_carriage_return = true;
      text.remove_prefix(1);
      continue;
    }
    auto const whole = std::exchange(line, {});
    if (at_end) text.remove_prefix(1);
    give(whole, file, at_end ? LogLineEnd::newline : LogLineEnd::cut);
  }
}

void LogLines::finish() {
  auto const begun = std::exchange(begun_, {});
  for (auto const& [file, line] : begun) {
    if (line.after_carriage_return)
      give(line.text, file, LogLineEnd::carriage_return);
    else if (!line.text.empty())
      give(line.text, file, LogLineEnd::none);
  }
}

void LogLines::give(std::string_view text, std::string_view file, LogLineEnd end) const {
  if (on_line_) on_line_({.text = text, .file = file, .end = end});
}

}  // namespace azureml
