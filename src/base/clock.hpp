#pragma once
#include <chrono>
#include <stop_token>

namespace azureml::base {

/// Time and waiting, passed in so that tests need neither. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::chrono::system_clock::time_point now() const = 0;
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady_now() const = 0;
  /// Returns true when the whole time has passed, false at once when a stop was requested.
  virtual bool wait_for(std::chrono::nanoseconds duration, std::stop_token const& stop) = 0;
};

/// The machine's clock; a stateless object that lives as long as the process.
Clock& real_clock() noexcept;

}  // namespace azureml::base
