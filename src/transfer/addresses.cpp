#include "transfer/addresses.hpp"

#include "core/make_error.hpp"
#include "transfer/blob.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace azureml::transfer {

namespace {

/// A wait for somebody else's renewal ends at the latest then; that one has bounds of its own, far below.
constexpr std::chrono::hours kWaitMax{1};

std::string_view query_of(std::string_view url) {
  auto const question = url.find('?');
  return question == std::string_view::npos ? std::string_view{} : url.substr(question + 1);
}

/// The refused address may carry an operation's own parameters behind the signature.
bool is_signed_with(std::string_view refused, std::string_view sas_uri) {
  auto const signature = query_of(sas_uri);
  auto const query = query_of(refused);
  return query == signature || (query.starts_with(signature) && query.substr(signature.size()).starts_with('&'));
}

[[noreturn]] void throw_stopped(bool timed_out) {
  throw core::make_error<StoppedError>(
      std::string(timed_out ? "time is over" : "stopped") + " while the storage's signed address was renewed",
      {.timed_out = timed_out});
}

}  // namespace

ContainerAddresses::ContainerAddresses(std::string sas_uri, Renew renew)
    : renew_(std::move(renew)), sas_uri_(std::move(sas_uri)) {}

std::string ContainerAddresses::blob(std::string_view name, std::string const& refused, Context const& context) {
  return ContainerUrl(current(refused, context)).blob(name);
}

std::string ContainerAddresses::container(std::string_view query, std::string const& refused, Context const& context) {
  auto const sas_uri = current(refused, context);
  auto const question = std::min(sas_uri.find('?'), sas_uri.size());
  auto url = sas_uri.substr(0, question);
  while (url.ends_with('/')) url.pop_back();
  return with_query(with_query(std::move(url), query_of(sas_uri)), query);
}

std::string ContainerAddresses::current(std::string const& refused, Context const& context) {
  std::unique_lock lock(mutex_);
  if (refused.empty() || !renew_) return sas_uri_;
  while (is_signed_with(refused, sas_uri_)) {
    if (context.stop.stop_requested()) throw_stopped(false);
    if (!renewing_) {
      renew(lock, context);
      break;
    }
    auto const before = renewals_;
    auto const ended = [&] { return renewals_ != before; };
    auto const wait = std::min<std::chrono::nanoseconds>(context.timeout.value_or(kWaitMax), kWaitMax);
    if (!renewed_.wait_for(lock, context.stop, wait, ended)) throw_stopped(!context.stop.stop_requested());
    if (failure_) std::rethrow_exception(failure_);
  }
  return sas_uri_;
}

void ContainerAddresses::renew(std::unique_lock<std::mutex>& lock, Context const& context) {
  renewing_ = true;
  failure_ = nullptr;
  std::string fresh;
  std::exception_ptr failure, shared;
  lock.unlock();
  try {
    fresh = renew_(context);
  } catch (StoppedError const&) {
    // The stop of one caller: those that wait try for themselves.
    failure = std::current_exception();
  } catch (...) {
    failure = shared = std::current_exception();
  }
  lock.lock();
  if (!failure) sas_uri_ = std::move(fresh);
  failure_ = shared;
  renewing_ = false;
  ++renewals_;
  renewed_.notify_all();
  if (failure) std::rethrow_exception(failure);
}

std::string with_query(std::string url, std::string_view query) {
  if (query.empty()) return url;
  auto const question = url.find('?');
  if (question == std::string::npos) {
    url += '?';
  } else if (question + 1 != url.size() && !url.ends_with('&')) {
    url += '&';
  }
  url += query;
  return url;
}

}  // namespace azureml::transfer
