#pragma once
#include "base/clock.hpp"

#include <azureml/context.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace azureml::http {

/// A call's context with its timeout turned into a point of time, so that every step of the call spends the same
/// budget.
class Deadline {
 public:
  Deadline(Context const& context, base::Clock& clock);
  /// What is left, for the next step; the timeout is never negative.
  [[nodiscard]] Context left() const;
  /// True when a wait of that length would not end before the deadline.
  [[nodiscard]] bool ends_within(std::chrono::nanoseconds duration) const;
  /// @throws StoppedError when a stop was requested or the time is over; `doing` completes "stopped while …"
  void check(std::string const& doing) const;
  /// Waits; a stop wakes it at once. @throws StoppedError
  void wait(std::chrono::nanoseconds duration, std::string const& doing) const;

 private:
  Context context_;
  base::Clock& clock_;
  std::optional<std::chrono::steady_clock::time_point> end_{};
};

}  // namespace azureml::http
