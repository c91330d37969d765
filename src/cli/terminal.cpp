#include "cli/terminal.hpp"

#include "base/unique_fd.hpp"

#include <unistd.h>

#include <cstdio>

namespace azureml::cli {

namespace {

std::string_view phase_name(TransferPhase phase) {
  switch (phase) {
    case TransferPhase::scanning: return "Looking at";
    case TransferPhase::hashing: return "Reading";
    case TransferPhase::uploading: return "Uploading";
    case TransferPhase::downloading: return "Downloading";
    case TransferPhase::verifying: return "Checking";
  }
  return "Moving";
}

void write_error(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace

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

Progress::Progress() : shown_(::isatty(STDERR_FILENO) == 1) {}

void Progress::replace(std::string_view text) {
  write_error("\r\033[K");
  write_error(text);
  on_line_ = true;
}

void Progress::transfer(TransferProgress const& progress) {
  if (!shown_) return;
  std::string text(phase_name(progress.phase));
  text += ' ' + std::to_string(progress.files_done);
  if (progress.files_total > 0) text += " of " + std::to_string(progress.files_total);
  text += " files, " + human_bytes(progress.bytes_done);
  if (progress.bytes_total > 0) text += " of " + human_bytes(progress.bytes_total);
  replace(text);
}

void Progress::line(std::string_view text) {
  if (!shown_) return;
  clear();
  write_error(std::string(text) + '\n');
}

void Progress::clear() {
  if (on_line_) write_error("\r\033[K");
  on_line_ = false;
}

}  // namespace azureml::cli
