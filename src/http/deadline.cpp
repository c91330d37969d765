#include "http/deadline.hpp"

#include "core/make_error.hpp"

#include <algorithm>

namespace azureml::http {

namespace {

StoppedError stopped(std::string const& doing) {
  return core::make_error<StoppedError>("stopped by the caller while " + doing);
}

StoppedError timed_out(std::string const& doing) {
  return core::make_error<StoppedError>(
      "the time given to the call ended while " + doing + "; give it a longer timeout", {.timed_out = true});
}

}  // namespace

Deadline::Deadline(Context const& context, base::Clock& clock) : context_(context), clock_(clock) {
  if (!context.timeout) return;
  auto const now = clock.steady_now();
  // A timeout that would overflow the clock is as good as none.
  auto const longest = std::chrono::steady_clock::time_point::max() - now;
  if (*context.timeout < longest)
    end_ = now + std::chrono::duration_cast<std::chrono::steady_clock::duration>(*context.timeout);
}

Context Deadline::left() const {
  Context result{.stop = context_.stop, .timeout = {}};
  if (end_)
    result.timeout = std::max<std::chrono::nanoseconds>(*end_ - clock_.steady_now(), std::chrono::nanoseconds{0});
  return result;
}

bool Deadline::ends_within(std::chrono::nanoseconds duration) const {
  return end_ && *end_ - clock_.steady_now() <= duration;
}

void Deadline::check(std::string const& doing) const {
  if (context_.stop.stop_requested()) throw stopped(doing);
  if (end_ && clock_.steady_now() >= *end_) throw timed_out(doing);
}

void Deadline::wait(std::chrono::nanoseconds duration, std::string const& doing) const {
  check(doing);
  if (ends_within(duration)) throw timed_out(doing);
  if (!clock_.wait_for(duration, context_.stop)) throw stopped(doing);
}

}  // namespace azureml::http
