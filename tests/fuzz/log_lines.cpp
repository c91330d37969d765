// A log as lines. First byte: the longest line; second: where the chunk is cut. Lines do not depend on the chunks, and no byte is lost.
#include "fuzz/fuzz_input.hpp"

#include <azureml/log_lines.hpp>

#include <algorithm>
#include <iterator>
#include <vector>

using namespace azureml;

namespace {

struct Line {
  std::string text{};
  LogLineEnd end{};
  friend bool operator==(Line const&, Line const&) = default;
};

std::vector<Line> lines_of(std::string_view text, std::size_t piece, std::size_t line_max) {
  std::vector<Line> lines;
  LogLines reader([&](LogLine const& line) { lines.push_back({.text = std::string(line.text), .end = line.end}); }, line_max);
  for (std::size_t at = 0; at < text.size(); at += piece) reader.add(text.substr(at, piece), "log");
  reader.finish();
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto text = fuzz::as_text(data, size);
  std::size_t const line_max = 1U + fuzz::take_byte(text), piece = 1U + fuzz::take_byte(text);
  auto const whole = lines_of(text, std::max<std::size_t>(text.size(), 1), line_max);
  fuzz::require(whole == lines_of(text, piece, line_max), "lines do not depend on where the chunks end");
  fuzz::require(whole == lines_of(text, 1, line_max), "not even when every byte comes alone");
  std::string joined, expected;
  for (auto const& line : whole) {
    fuzz::require(line.text.size() <= line_max, "a line is bounded");
    fuzz::require(line.text.find_first_of("\r\n") == std::string::npos, "a line has no line end in it");
    joined += line.text;
  }
  std::ranges::copy_if(text, std::back_inserter(expected), [](char c) { return c != '\r' && c != '\n'; });
  fuzz::require(joined == expected, "no byte is lost");
  return 0;
}
