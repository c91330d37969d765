#pragma once
#include "api/run_events.hpp"
#include "api/states.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace azureml::api {

/// One run under a monitor's eyes: what is known of it and what to ask next. For the monitor's thread only.
class WatchedRun {
 public:
  WatchedRun(std::shared_ptr<RunEventQueue> queue, LogCursor from)
      : queue_(std::move(queue)), cursor_(std::move(from)) {}

  [[nodiscard]] RunRecord const& record() const { return detail::Access::state(queue_->run()); }
  [[nodiscard]] RunEventQueue& queue() const noexcept { return *queue_; }
  /// Nothing more is to be asked: the end was told, or nobody listens.
  [[nodiscard]] bool done() const { return finished_ || queue_->ended(); }
  /// After trouble it is left alone for a while.
  [[nodiscard]] bool due(std::chrono::steady_clock::time_point now) const noexcept { return now >= not_before_; }

  /// One look. `word`: the status by the query for all runs; nothing when it was not among them. Reads at most `room`
  /// bytes of the log.
  /// @throws StoppedError when the context's stop was requested; everything else is told as trouble
  void look(std::optional<std::string> const& word, std::size_t room, Context const& context);
  /// The query for all has failed.
  void had_trouble(std::exception_ptr error);

 private:
  void learn(std::optional<std::string> const& word, Context const& context);
  bool read_logs(std::size_t room, Context const& context);
  bool read_log(std::string const& name, std::size_t& room, Context const& context);
  void check(std::string const& name, int status, bool shrank);
  [[nodiscard]] bool is_drained(Context const& context);

  std::shared_ptr<RunEventQueue> queue_;
  LogCursor cursor_;
  RunDetails details_{};
  bool known_ = false, stale_ = false, finished_ = false;
  std::set<std::string> given_up_{};  ///< Logs that cannot be read any more.
  int failures_ = 0, refusals_ = 0;   ///< In a row.
  std::chrono::steady_clock::time_point not_before_{};
  std::optional<std::chrono::steady_clock::time_point> quiet_since_{};  ///< Ended, and no look since then gave a byte.
};

}  // namespace azureml::api
