#pragma once
#include "base/clock.hpp"
#include "http/pipeline.hpp"

#include <azureml/context.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace azureml::api {

/// How long to wait before the next question, `elapsed` after the first: max(min, max / (1 + 100·e^(−t/20 s))), 2 s at first and near
/// 60 s after three minutes, as the Python SDK v1 does. AZUREML_RUN_POLLING_INTERVAL_MIN and _MAX (seconds) change the ends.
struct PollingCurve {
  std::chrono::duration<double> min{2.0}, max{60.0};
  static PollingCurve from_environment();
  [[nodiscard]] std::chrono::nanoseconds interval(std::chrono::nanoseconds elapsed) const;
};

/// The caller's context as a point in time, so that a call of many requests has one deadline.
class Deadline {
 public:
  Deadline(Context const& context, base::Clock& clock);
  /// The context for the next request. @throws StoppedError when the time is up or a stop was requested; `what` completes "stopped …".
  [[nodiscard]] Context next(std::string const& what) const;
  /// Waits. @throws StoppedError as above
  void wait(std::chrono::nanoseconds duration, std::string const& what) const;

 private:
  base::Clock& clock_;
  std::stop_token stop_;
  std::optional<std::chrono::steady_clock::time_point> end_{};
};

}  // namespace azureml::api
