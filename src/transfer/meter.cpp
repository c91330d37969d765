#include "transfer/meter.hpp"

#include <algorithm>
#include <cmath>

namespace azureml::transfer {

namespace {
constexpr std::chrono::milliseconds kBetweenReports{100};
constexpr std::chrono::seconds kWindow{5};
constexpr double kTimeLeftMax = 1e9;  ///< Seconds; what is longer is not worth a number.
}  // namespace

Meter::Meter(TransferPhase phase, std::uint64_t bytes, std::uint64_t files, ProgressHandler const& handler,
             base::Clock& clock)
    : handler_(handler), clock_(clock), phase_(phase), bytes_total_(bytes), files_total_(files) {
  if (handler_) samples_.push_back({.time = clock_.steady_now()});
}

void Meter::begin_file(std::string_view name) {
  if (!handler_) return;
  std::lock_guard const lock(mutex_);
  current_ = name;
}

void Meter::end_file() {
  ++files_;
}

void Meter::move(std::int64_t bytes) {
  moved_ += bytes;
}

void Meter::skip(std::uint64_t bytes) {
  skipped_ += bytes;
}

void Meter::set_phase(TransferPhase phase) {
  phase_ = phase;
}

void Meter::set_totals(std::uint64_t bytes, std::uint64_t files) {
  bytes_total_ = bytes;
  files_total_ = files;
}

TransferProgress Meter::state() const {
  TransferProgress progress{
      .phase = phase_, .bytes_total = bytes_total_, .files_done = files_, .files_total = files_total_};
  progress.bytes_done = static_cast<std::uint64_t>(std::max<std::int64_t>(moved_, 0)) + skipped_;
  // What is sent again counts only once it is there: never more than there is.
  if (progress.bytes_total != 0) progress.bytes_done = std::min(progress.bytes_done, progress.bytes_total);
  return progress;
}

double Meter::rate(std::chrono::steady_clock::time_point now) {
  while (samples_.size() > 1 && now - samples_[1].time >= kWindow) samples_.pop_front();
  auto const seconds = std::chrono::duration<double>(now - samples_.front().time).count();
  auto const bytes = moved_ - samples_.front().moved;
  return seconds > 0 && bytes > 0 ? static_cast<double>(bytes) / seconds : 0;
}

void Meter::give(TransferProgress progress) const {
  std::string current;
  {
    std::lock_guard const lock(mutex_);
    current = current_;
  }
  progress.current = current;
  handler_(progress);
}

void Meter::report() {
  if (!handler_) return;
  auto const now = clock_.steady_now();
  // The first sample is the beginning, which was no report.
  if (samples_.size() > 1 && now - samples_.back().time < kBetweenReports) return;
  auto progress = state();
  progress.bytes_per_second = rate(now);
  samples_.push_back({.time = now, .moved = moved_});
  if (progress.bytes_per_second > 0 && progress.bytes_total != 0) {
    auto const left = static_cast<double>(progress.bytes_total - progress.bytes_done) / progress.bytes_per_second;
    if (left < kTimeLeftMax) progress.time_left = std::chrono::seconds(static_cast<std::int64_t>(std::ceil(left)));
  }
  give(progress);
}

void Meter::report_end() {
  if (!handler_) return;
  auto progress = state();
  if (progress.bytes_total == 0) progress.bytes_total = progress.bytes_done;
  if (progress.files_total == 0) progress.files_total = progress.files_done;
  progress.bytes_per_second = rate(clock_.steady_now());
  progress.time_left = std::chrono::seconds(0);
  handler_(progress);
}

std::function<void()> Meter::tick() {
  if (!handler_) return {};
  return [this] { report(); };
}

}  // namespace azureml::transfer
