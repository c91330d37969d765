#include "http/retry_policy.hpp"

#include "base/redact.hpp"
#include "http/connection_errors.hpp"
#include "http/deadline.hpp"
#include "http/retry_after.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <random>
#include <utility>

namespace azureml::http {

namespace {

/// All kept connections may have been closed at once, by a server that was restarted for example; each repeat takes
/// another one.
constexpr int kStaleMax = 64;
constexpr int kPerhapsStaleMax = 16;

bool is_retryable(int status) {
  constexpr std::array kStatuses{408, 429, 500, 502, 503, 504};
  return std::find(kStatuses.begin(), kStatuses.end(), status) != kStatuses.end();
}

/// Numbers in [0, 1) for one pipeline; thread-safe.
std::function<double()> random_jitter() {
  struct Source {
    std::mutex mutex{};
    std::mt19937_64 generator{std::random_device{}()};
  };
  return [source = std::make_shared<Source>()] {
    std::lock_guard const lock(source->mutex);
    return std::uniform_real_distribution<double>(0, 1)(source->generator);
  };
}

}  // namespace

/// The state of one call: how many attempts it has made and how long it has taken.
struct RetryPolicy::Call {
  RetryPolicy const& policy;
  Request& request;
  Deadline deadline;
  std::chrono::steady_clock::time_point begin;
  int attempts = 0, stale = 0, perhaps_stale = 0;
  bool asked = false;

  [[nodiscard]] std::string doing(std::string const& last) const {
    return "waiting to send " + request.method + " " + base::redact_url(request.url) + " again (" + last + ")";
  }

  [[nodiscard]] std::chrono::milliseconds backoff() const {
    auto const& options = policy.options_;
    auto ceiling = options.delay_first;
    for (int i = 1; i < attempts && ceiling < options.delay_max; ++i) ceiling *= 2;
    ceiling = std::min(ceiling, options.delay_max);
    auto const fraction = options.jitter();
    return std::chrono::milliseconds(
        static_cast<long>(static_cast<double>(ceiling.count()) * std::clamp(fraction, 0.0, 1.0)));
  }

  /// Waits before another attempt. False, without any wait, when there is to be none. @throws StoppedError
  bool wait(std::optional<std::chrono::milliseconds> asked_for, std::string const& last) const {
    if (!request.idempotent || attempts >= policy.options_.attempts_max) return false;
    auto const delay = asked_for ? *asked_for : backoff();
    if (policy.clock_.steady_now() + delay - begin > policy.options_.total_max) return false;
    policy.logger_.debug("attempt " + std::to_string(attempts) + " of " + request.method + " " +
                         base::redact_url(request.url) + ": " + last + "; again in " + std::to_string(delay.count()) +
                         " ms");
    deadline.wait(delay, doing(last));
    return true;
  }

  /// Nothing was sent, so the request's kind does not matter: once per call, at once, where the endpoint source says.
  bool go_where_it_is_now() {
    if (std::exchange(asked, true)) return false;
    auto const url = policy.endpoints_->ask(request.url);
    if (url.empty()) return false;
    request.url = url;
    return true;
  }
};

RetryPolicy::RetryPolicy(RetryOptions options, std::shared_ptr<Endpoints> endpoints, logging::Logger logger,
                         base::Clock& clock)
    : options_(std::move(options)), endpoints_(std::move(endpoints)), logger_(std::move(logger)), clock_(clock) {
  if (!options_.jitter) options_.jitter = random_jitter();
}

Response RetryPolicy::send(Request& request, Context const& context, Next const& next) const {
  Call call{*this, request, Deadline(context, clock_), clock_.steady_now()};
  request.url = endpoints_->current(request.url);
  // Bounded: attempts by attempts_max, the immediate repeats by the two numbers above.
  while (true) {
    call.deadline.check("sending " + request.method + " " + base::redact_url(request.url));
    ++call.attempts;
    try {
      auto response = next(request, call.deadline.left());
      if (!is_retryable(response.status)) return response;
      if (!call.wait(retry_after(response.headers, clock_.now()), "the answer was " + std::to_string(response.status)))
        return response;
    } catch (ConnectionRefusedError const& error) {
      if (call.go_where_it_is_now()) {
        --call.attempts;
        continue;
      }
      if (!call.wait({}, error.what())) throw;
    } catch (StaleConnectionError const& error) {
      if (request.idempotent && (error.certain ? call.stale++ < kStaleMax : call.perhaps_stale++ < kPerhapsStaleMax)) {
        --call.attempts;
        continue;
      }
      if (!call.wait({}, error.what())) throw;
    } catch (TransportError const& error) {
      if (!error.retryable() || !call.wait({}, error.what())) throw;
    } catch (AuthenticationError const& error) {
      // A token source that is out of reach for a moment spends the same budget as the service itself.
      if (!error.retryable() || !call.wait({}, error.what())) throw;
    }
  }
}

}  // namespace azureml::http
