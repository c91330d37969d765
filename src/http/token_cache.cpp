#include "http/token_cache.hpp"

#include "base/redact.hpp"
#include "core/make_error.hpp"

#include <chrono>
#include <utility>

namespace azureml::http {

namespace {

constexpr std::string_view kScope = "https://management.azure.com/.default";
constexpr std::chrono::minutes kLifeMin{5};

AuthenticationError no_token(std::string const& reason, bool retryable = false) {
  return core::make_error<AuthenticationError>("cannot get a token: " + reason, {.retryable = retryable});
}

}  // namespace

TokenCache::TokenCache(std::function<AccessToken(std::string_view scope)> source) : source_(std::move(source)) {}

AccessToken TokenCache::ask() const {
  AccessToken token;
  try {
    token = source_(kScope);
  } catch (AuthenticationError const&) {
    throw;
  } catch (Error const& error) {
    throw no_token(error.what(), error.retryable());
  } catch (std::exception const& error) {
    throw no_token("the credential's callback failed: " + base::redact_text(error.what()));
  } catch (...) {
    throw no_token("the credential's callback failed with something that is no std::exception");
  }
  if (token.token.empty()) throw no_token("the credential's callback returned an empty one");
  return token;
}

std::string TokenCache::wait_for_other(std::unique_lock<std::mutex>& lock, Context const& context) {
  auto const before = generation_;
  auto const done = [&] { return generation_ != before; };
  bool const ended = context.timeout ? changed_.wait_for(lock, context.stop, *context.timeout, done)
                                     : changed_.wait(lock, context.stop, done);
  if (!ended) {
    bool const timed_out = !context.stop.stop_requested();
    throw core::make_error<StoppedError>(
        timed_out ? "the time given to the call ended while a token was awaited; give it a longer timeout"
                  : "stopped by the caller while a token was awaited",
        {.timed_out = timed_out});
  }
  if (failure_) std::rethrow_exception(failure_);
  return token_.token;
}

std::string TokenCache::get(bool refresh, Context const& context, base::Clock& clock) {
  std::unique_lock lock(mutex_);
  bool const held = !token_.token.empty();
  if (!refresh && held && token_.expires_on - clock.now() >= kLifeMin) return token_.token;
  if (refreshing_) return wait_for_other(lock, context);
  refreshing_ = true;
  lock.unlock();
  AccessToken fresh;
  std::exception_ptr failure;
  try {
    fresh = ask();
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  refreshing_ = false;
  ++generation_;
  // A source out of reach is no reason to fail while the old token still holds.
  if (failure && !refresh && held && token_.expires_on > clock.now())
    failure = nullptr;
  else if (!failure)
    token_ = std::move(fresh);
  failure_ = failure;
  changed_.notify_all();
  if (failure) std::rethrow_exception(failure);
  return token_.token;
}

}  // namespace azureml::http
