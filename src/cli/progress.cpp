#include "cli/progress.hpp"

#include "cli/terminal.hpp"

#include <CLI/CLI.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>

namespace azureml::cli {

namespace {

constexpr std::chrono::seconds kPlainInterval{5};
constexpr std::size_t kWidthUnknown = 80;
constexpr std::size_t kBar = 20;
constexpr std::size_t kPlainWidth = 200;

std::string_view phase_name(TransferPhase phase) {
  switch (phase) {
    case TransferPhase::scanning:
      return "Looking at";
    case TransferPhase::hashing:
      return "Reading";
    case TransferPhase::uploading:
      return "Uploading";
    case TransferPhase::downloading:
      return "Downloading";
    case TransferPhase::verifying:
      return "Checking";
  }
  return "Moving";
}

/// Between 0 and 1; nothing while the end is not known. The number of files says nothing: one may be larger than all
/// others.
std::optional<double> share_done(TransferProgress const& progress) {
  if (progress.bytes_total == 0) return {};
  return std::min(1.0, static_cast<double>(progress.bytes_done) / static_cast<double>(progress.bytes_total));
}

std::string bar_of(double share) {
  auto const filled = static_cast<std::size_t>(share * kBar);
  std::string bar(filled, '=');
  if (filled < kBar) bar += '>';
  bar.resize(kBar, ' ');
  return '[' + bar + ']';
}

std::string clock_text(std::chrono::seconds time) {
  auto const all = std::max<long long>(0, time.count());
  char text[48];
  if (all >= 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", all / 3600, all / 60 % 60, all % 60);
  else
    std::snprintf(text, sizeof text, "%lld:%02lld", all / 60, all % 60);
  return text;
}

/// A part of the line and how soon it is left out: the highest number first.
struct Part {
  std::string text{};
  int leave_out = 0;
};

std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kWidthUnknown;
}

bool is_terminal() {
  auto const* const kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && kind && std::string_view(kind) != "dumb";
}

void write_error(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

void add_progress_option(CLI::App& app, ProgressStyle& style) {
  static std::map<std::string, ProgressStyle> const kStyles{{"auto", ProgressStyle::automatic},
                                                            {"bar", ProgressStyle::bar},
                                                            {"plain", ProgressStyle::plain},
                                                            {"none", ProgressStyle::none}};
  app.add_option_function<std::string>(
         "--progress", [&style](std::string const& word) { style = kStyles.at(word); },
         "How progress is shown: a bar, a line now and then, or not (default: a bar on a terminal)")
      ->check([](std::string const& word) {
        return kStyles.contains(word) ? std::string{} : "'" + word + "' is none of auto, bar, plain, none";
      })
      ->type_name("auto|bar|plain|none");
}

std::string progress_line(TransferProgress const& progress, std::size_t width, bool with_bar) {
  std::array<Part, 7> parts{{{.text = std::string(phase_name(progress.phase))}}};
  auto const share = share_done(progress);
  if (share) {
    char percent[8];
    std::snprintf(percent, sizeof percent, " %3d%%", static_cast<int>(*share * 100));
    parts[1] = {.text = percent, .leave_out = 1};
    if (with_bar) parts[2] = {.text = ' ' + bar_of(*share), .leave_out = 6};
  }
  parts[3] = {.text = ' ' + human_bytes(progress.bytes_done), .leave_out = 2};
  if (progress.bytes_total > 0) parts[3].text += " of " + human_bytes(progress.bytes_total);
  parts[4] = {.text = ", " + std::to_string(progress.files_done), .leave_out = share ? 5 : 1};
  if (progress.files_total > 0) parts[4].text += " of " + std::to_string(progress.files_total);
  parts[4].text += (progress.files_total > 0 ? progress.files_total : progress.files_done) == 1 ? " file" : " files";
  if (progress.bytes_per_second >= 1)
    parts[5] = {.text = ", " + human_bytes(static_cast<unsigned long long>(progress.bytes_per_second)) + "/s",
                .leave_out = 4};
  if (progress.time_left && (!share || *share < 1))
    parts[6] = {.text = ", " + clock_text(*progress.time_left) + " left", .leave_out = 3};

  std::string line;
  for (int keep = 6; keep >= 0; --keep) {
    line.clear();
    for (auto const& part : parts)
      if (part.leave_out <= keep) line += part.text;
    if (line.size() <= width) return line;
  }
  return line.substr(0, width);
}

Progress::Progress(ProgressStyle style)
    : Progress(
          style,
          {.write = write_error, .width = terminal_width, .is_terminal = is_terminal(), .clock = &base::real_clock()}) {
}

Progress::Progress(ProgressStyle style, Output output) : style_(style), output_(std::move(output)) {
  if (style_ == ProgressStyle::automatic) style_ = output_.is_terminal ? ProgressStyle::bar : ProgressStyle::none;
}

void Progress::transfer(TransferProgress const& progress) {
  last_ = progress;
  last_.current = {};
  if (style_ == ProgressStyle::bar) {
    // One write, and what is left of a longer line before is erased after it: nothing flickers. The last column stays
    // free, since some terminals go to the next line there.
    auto const width = std::max<std::size_t>(output_.width(), 2) - 1;
    output_.write('\r' + progress_line(progress, width, true) + "\033[K");
    on_line_ = true;
  } else if (style_ == ProgressStyle::plain) {
    waiting_ = true;
    auto const now = output_.clock->steady_now();
    if (!written_at_) written_at_ = now;  // what is over within the interval has one line, at its end
    if (now - *written_at_ >= kPlainInterval) write_plain();
  }
}

void Progress::write_plain() {
  output_.write(progress_line(last_, kPlainWidth, false) + '\n');
  written_at_ = output_.clock->steady_now();
  waiting_ = false;
}

void Progress::line(std::string_view text) {
  if (!shown()) return;
  clear();
  output_.write(std::string(text) + '\n');
}

void Progress::clear() {
  if (on_line_) output_.write("\r\033[K");
  on_line_ = false;
  if (waiting_) write_plain();
}

}  // namespace azureml::cli
