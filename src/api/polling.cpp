#include "api/polling.hpp"

#include "core/make_error.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace azureml::api {

namespace {

/// A positive number of seconds from the environment, or the fallback: a value that is none must not break the waiting.
double seconds_from(char const* variable, double fallback) {
  char const* text = std::getenv(variable);
  if (!text) return fallback;
  double value = 0;
  std::string_view const view(text);
  auto const [end, error] = std::from_chars(view.data(), view.data() + view.size(), value);
  bool const whole = error == std::errc{} && end == view.data() + view.size();
  return whole && value > 0 && value <= 86'400 ? value : fallback;
}

[[noreturn]] void throw_stopped(std::string const& what, bool timed_out) {
  throw core::make_error<StoppedError>("stopped " + what + (timed_out ? ": the time given for the call is up" : ": a stop was requested"),
                                       {.timed_out = timed_out});
}

}  // namespace

PollingCurve PollingCurve::from_environment() {
  PollingCurve curve;
  curve.min = std::chrono::duration<double>(seconds_from("AZUREML_RUN_POLLING_INTERVAL_MIN", curve.min.count()));
  curve.max = std::chrono::duration<double>(seconds_from("AZUREML_RUN_POLLING_INTERVAL_MAX", curve.max.count()));
  curve.max = std::max(curve.max, curve.min);
  return curve;
}

std::chrono::nanoseconds PollingCurve::interval(std::chrono::nanoseconds elapsed) const {
  double const t = std::chrono::duration<double>(elapsed).count();
  std::chrono::duration<double> const curve{max.count() / (1.0 + 100.0 * std::exp(-t / 20.0))};
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::max(min, curve));
}

Deadline::Deadline(Context const& context, base::Clock& clock) : clock_(clock), stop_(context.stop) {
  if (context.timeout) end_ = clock.steady_now() + *context.timeout;
}

Context Deadline::next(std::string const& what) const {
  if (stop_.stop_requested()) throw_stopped(what, false);
  Context context{.stop = stop_};
  if (end_) {
    context.timeout = *end_ - clock_.steady_now();
    if (*context.timeout <= std::chrono::nanoseconds::zero()) throw_stopped(what, true);
  }
  return context;
}

void Deadline::wait(std::chrono::nanoseconds duration, std::string const& what) const {
  auto const left = next(what).timeout;
  bool const cut = left && *left < duration;
  if (!clock_.wait_for(cut ? *left : duration, stop_)) throw_stopped(what, false);
  if (cut) throw_stopped(what, true);
}

}  // namespace azureml::api
