#include "base/clock.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace azureml::base {

namespace {
class RealClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::system_clock::time_point now() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const override { return std::chrono::steady_clock::now(); }
  bool wait_for(std::chrono::nanoseconds duration, std::stop_token const& stop) override {
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    // Longer waits would overflow the clock and end at once.
    constexpr std::chrono::nanoseconds kLongest = std::chrono::hours{24 * 365 * 100};
    condition.wait_for(lock, stop, std::min(duration, kLongest), [] { return false; });
    return !stop.stop_requested();
  }
};
}  // namespace

Clock& real_clock() noexcept {
  static RealClock clock;
  return clock;
}

}  // namespace azureml::base
