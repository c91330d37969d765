#pragma once
#include "base/clock.hpp"

#include <azureml/transfer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace azureml::transfer {

/// What the threads of one transfer have done, and its report to the caller. Counting is for any thread, reporting for
/// the calling one.
class Meter {
 public:
  /// @param bytes, files the totals, 0 when not known @param handler, clock must outlive it
  Meter(TransferPhase phase, std::uint64_t bytes, std::uint64_t files, ProgressHandler const& handler,
        base::Clock& clock);

  /// The file that is spoken of from now on.
  void begin_file(std::string_view name);
  void end_file();
  /// Bytes that have moved; negative when they are to move again.
  void move(std::int64_t bytes);
  /// Bytes that needed not move: done, but no part of the rate.
  void skip(std::uint64_t bytes);
  void set_phase(TransferPhase phase);
  void set_totals(std::uint64_t bytes, std::uint64_t files);

  /// Reports when the last report is a tenth of a second old. Whatever the handler throws comes through.
  void report();
  /// The last report: no time is left, and totals that were not known are what was done.
  void report_end();
  /// `report` for `run_parallel`; empty when nobody listens.
  [[nodiscard]] std::function<void()> tick();

 private:
  struct Sample {
    std::chrono::steady_clock::time_point time{};
    std::int64_t moved = 0;
  };
  void give(TransferProgress progress) const;
  [[nodiscard]] TransferProgress state() const;
  [[nodiscard]] double rate(std::chrono::steady_clock::time_point now);

  ProgressHandler const& handler_;
  base::Clock& clock_;
  std::atomic<TransferPhase> phase_;
  std::atomic<std::uint64_t> bytes_total_, files_total_, files_{0}, skipped_{0};
  std::atomic<std::int64_t> moved_{0};
  mutable std::mutex mutex_{};
  std::string current_{};         ///< Guarded by `mutex_`.
  std::deque<Sample> samples_{};  ///< One a report, not older than the window; of the calling thread.
};

}  // namespace azureml::transfer
