#pragma once
#include <azureml/run.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace azureml {

enum class LogLineEnd {
  newline,          ///< `\n` or `\r\n`.
  carriage_return,  ///< `\r` alone: a progress bar; the next line overwrites this one.
  cut,              ///< Longer than the bound: the line goes on in the next piece.
  none,             ///< The log ended without a line end.
};

/// A line without its end, its bytes otherwise as they were written, NUL and invalid UTF-8 too. The views live for the
/// call only.
struct LogLine {
  std::string_view text{}, file{};
  LogLineEnd end = LogLineEnd::newline;
};

/// The line view of a log: takes chunks, gives lines. What it gives does not depend on where the chunks were cut; a
/// line is given when its end is known, so a `\r` waits for the byte after it. Holds at most one begun line a log. For
/// one thread at a time.
///
///     LogLines lines([](LogLine const& line) { … });
///     run.follow_logs(std::ref(lines));
///     lines.finish();
class LogLines {
 public:
  /// @param line_max longer lines come in pieces of that many bytes
  explicit LogLines(std::function<void(LogLine const&)> on_line, std::size_t line_max = 1 << 20);
  void operator()(LogChunk const& chunk);
  void add(std::string_view text, std::string_view file = {});
  /// Gives the begun lines; then it is as new.
  void finish();

 private:
  struct Begun {
    std::string text{};
    bool after_carriage_return = false;
  };
  void give(std::string_view text, std::string_view file, LogLineEnd end) const;

  std::function<void(LogLine const&)> on_line_;
  std::size_t line_max_;
  std::map<std::string, Begun, std::less<>> begun_{};
};

}  // namespace azureml
