#include "support/fake_clock.hpp"

#include <numeric>
#include <utility>

namespace azureml::test {

std::chrono::system_clock::time_point FakeClock::now() const {
  std::lock_guard const lock(mutex_);
  return now_;
}

std::chrono::steady_clock::time_point FakeClock::steady_now() const {
  std::lock_guard const lock(mutex_);
  return steady_;
}

bool FakeClock::wait_for(std::chrono::nanoseconds duration, std::stop_token const& stop) {
  std::function<void(std::chrono::nanoseconds)> action;
  {
    std::lock_guard const lock(mutex_);
    action = action_;
  }
  if (action) action(duration);
  if (stop.stop_requested()) return false;
  advance(duration);
  std::lock_guard const lock(mutex_);
  waits_.push_back(duration);
  return true;
}

void FakeClock::advance(std::chrono::nanoseconds duration) {
  std::lock_guard const lock(mutex_);
  now_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(duration);
  steady_ += duration;
}

void FakeClock::set_now(std::chrono::system_clock::time_point now) {
  std::lock_guard const lock(mutex_);
  now_ = now;
}

void FakeClock::on_wait(std::function<void(std::chrono::nanoseconds)> action) {
  std::lock_guard const lock(mutex_);
  action_ = std::move(action);
}

std::chrono::nanoseconds FakeClock::slept() const {
  std::lock_guard const lock(mutex_);
  return std::accumulate(waits_.begin(), waits_.end(), std::chrono::nanoseconds{0});
}

std::vector<std::chrono::nanoseconds> FakeClock::waits() const {
  std::lock_guard const lock(mutex_);
  return waits_;
}

}  // namespace azureml::test
