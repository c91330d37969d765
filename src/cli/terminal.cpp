#include "cli/terminal.hpp"

#include "base/unique_fd.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace azureml::cli {

namespace {

constexpr std::size_t kColumnMin = 4;

bool begins_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }

/// Characters, each taken for one column.
std::size_t columns(std::string_view text) { return static_cast<std::size_t>(std::ranges::count_if(text, begins_character)); }

/// At most `width` columns, the last one `…` when something was left out.
std::string cut_to(std::string text, std::size_t width) {
  if (columns(text) <= width) return text;
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at)
    if (begins_character(text[at]) && seen++ == width - 1) break;
  return text.substr(0, at) + "…";
}

/// Takes columns off the widest until the line fits; columns that would get too narrow to be read stay.
void fit(std::vector<std::size_t>& widths, std::size_t width) {
  std::size_t total = 2 * (widths.size() - 1);
  for (auto const each : widths) total += each;
  while (total > width) {
    auto const widest = std::ranges::max_element(widths);
    if (*widest <= kColumnMin) return;
    --*widest;
    --total;
  }
}

}  // namespace

bool wants_colour(int descriptor) {
  auto const* const no_colour = std::getenv("NO_COLOR");
  auto const* const terminal = std::getenv("TERM");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
  return ::isatty(descriptor) == 1;
}

std::string painted(std::string text, Paint paint) {
  if (!wants_colour(STDOUT_FILENO)) return text;
  return (paint == Paint::good ? "\x1b[32m" : paint == Paint::doubtful ? "\x1b[33m" : "\x1b[31m") + text + "\x1b[0m";
}

std::optional<std::size_t> output_width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 1 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

std::string table_text(std::vector<std::vector<std::string>> const& rows, std::optional<std::size_t> width) {
  if (rows.empty()) return {};
  std::vector<std::size_t> widths(rows.front().size());
  for (auto const& row : rows)
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], columns(row.at(i)));
  if (width && !widths.empty()) fit(widths, *width);
  std::string text;
  for (auto const& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      auto cell = printable(row[i]);
      std::ranges::replace(cell, '\n', ' ');
      std::ranges::replace(cell, '\t', ' ');
      cell = cut_to(std::move(cell), widths[i]);
      line += cell + std::string(widths[i] - columns(cell) + 2, ' ');
    }
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string printable(std::string_view text) {
  std::string result(text);
  for (auto& c : result)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) c = '?';
  return result;
}

std::string shell_word(std::string_view word) {
  constexpr std::string_view kBare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,@%+";
  if (!word.empty() && word.find_first_not_of(kBare) == std::string_view::npos) return std::string(word);
  std::string quoted = "'";
  for (char const c : word) {
    if (c == '\'') quoted += "'\\''";
    else quoted += c;
  }
  return quoted + "'";
}

std::string human_bytes(unsigned long long bytes) {
  constexpr char const* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

void write_out(std::string_view text) { base::write_all(STDOUT_FILENO, text, "standard output"); }

}  // namespace azureml::cli
