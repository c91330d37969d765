#pragma once
#include "base/clock.hpp"

#include <chrono>
#include <functional>
#include <mutex>
#include <vector>

namespace azureml::test {

/// Time that passes only when somebody waits, or when a test says so. Thread-safe.
class FakeClock final : public base::Clock {
 public:
  [[nodiscard]] std::chrono::system_clock::time_point now() const override;
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const override;
  bool wait_for(std::chrono::nanoseconds duration, std::stop_token const& stop) override;

  void advance(std::chrono::nanoseconds duration);
  void set_now(std::chrono::system_clock::time_point now);
  /// Called at the beginning of each wait, for example to request a stop.
  void on_wait(std::function<void(std::chrono::nanoseconds)> action);
  [[nodiscard]] std::chrono::nanoseconds slept() const;               ///< All waits together.
  [[nodiscard]] std::vector<std::chrono::nanoseconds> waits() const;  ///< Each wait that was not stopped.

 private:
  mutable std::mutex mutex_{};
  std::chrono::system_clock::time_point now_{std::chrono::sys_days{std::chrono::year{2026} / 3 / 27}};
  std::chrono::steady_clock::time_point steady_{std::chrono::hours{1000}};
  std::vector<std::chrono::nanoseconds> waits_{};
  std::function<void(std::chrono::nanoseconds)> action_{};
};

}  // namespace azureml::test
