#include "cli/terminal.hpp"

#include "base/unique_fd.hpp"

#include <unistd.h>

#include <cstdio>

namespace azureml::cli {

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
