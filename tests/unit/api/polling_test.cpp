#include "api/polling.hpp"

#include <azureml/error.hpp>

#include <gtest/gtest.h>

#include <cstdlib>

namespace azureml::api {
namespace {

using namespace std::chrono_literals;

/// Time passes only by waiting.
class StillClock final : public base::Clock {
 public:
  [[nodiscard]] std::chrono::system_clock::time_point now() const override { return {}; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const override { return std::chrono::steady_clock::time_point(at_); }
  bool wait_for(std::chrono::nanoseconds duration, std::stop_token const& stop) override {
    if (stop.stop_requested()) return false;
    at_ += duration;
    return true;
  }

 private:
  std::chrono::nanoseconds at_{1h};
};

double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

TEST(PollingCurve, AtFirst_IsTwoSecondsAndNearSixtyAfterThreeMinutes) {
  PollingCurve const curve;
  EXPECT_DOUBLE_EQ(seconds(curve.interval(0s)), 2.0);
  EXPECT_NEAR(seconds(curve.interval(60s)), 60.0 / (1 + 100 * 0.04978706836), 0.01);
  EXPECT_GT(seconds(curve.interval(180s)), 59.0);
  EXPECT_LE(seconds(curve.interval(1000h)), 60.0);
}

TEST(PollingCurve, VariablesThatAreNoNumbers_AreIgnored) {
  ::setenv("AZUREML_RUN_POLLING_INTERVAL_MIN", "0.5", 1);
  ::setenv("AZUREML_RUN_POLLING_INTERVAL_MAX", "soon", 1);
  auto const curve = PollingCurve::from_environment();
  ::unsetenv("AZUREML_RUN_POLLING_INTERVAL_MIN");
  ::unsetenv("AZUREML_RUN_POLLING_INTERVAL_MAX");
  EXPECT_DOUBLE_EQ(curve.min.count(), 0.5);
  EXPECT_DOUBLE_EQ(curve.max.count(), 60.0);
}

TEST(Deadline, WhenTheTimeIsUp_ThrowsStoppedAsTimedOut) {
  StillClock clock;
  Deadline const deadline({.timeout = 3s}, clock);
  EXPECT_EQ(deadline.next("x").timeout, 3s);
  deadline.wait(1s, "x");
  EXPECT_EQ(deadline.next("x").timeout, 2s);
  try {
    deadline.wait(5s, "following");
    FAIL() << "the wait is longer than the time left";
  } catch (StoppedError const& error) {
    EXPECT_TRUE(error.timed_out());
    EXPECT_NE(std::string(error.what()).find("following"), std::string::npos);
  }
}

TEST(Deadline, WhenStopped_ThrowsStoppedAsNotTimedOut) {
  StillClock clock;
  std::stop_source stop;
  Deadline const deadline({.stop = stop.get_token()}, clock);
  EXPECT_FALSE(deadline.next("x").timeout);
  stop.request_stop();
  try {
    deadline.wait(1s, "x");
    FAIL() << "a stop was requested";
  } catch (StoppedError const& error) {
    EXPECT_FALSE(error.timed_out());
  }
}

}  // namespace
}  // namespace azureml::api
