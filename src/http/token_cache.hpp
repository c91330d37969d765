#pragma once
#include "base/clock.hpp"

#include <azureml/context.hpp>
#include <azureml/credential.hpp>

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace azureml::http {

/// A token kept until less than 5 minutes of its life are left. Whoever finds a refresh under way waits for its outcome
/// instead of asking again: the source is never called twice at once. Thread-safe.
class TokenCache {
 public:
  explicit TokenCache(std::function<AccessToken(std::string_view scope)> source);
  /// @throws AuthenticationError with what the source threw; StoppedError when the context ended a wait for another
  /// thread's refresh
  std::string get(bool refresh, Context const& context, base::Clock& clock);

 private:
  AccessToken ask() const;
  std::string wait_for_other(std::unique_lock<std::mutex>& lock, Context const& context);

  std::function<AccessToken(std::string_view scope)> source_;
  std::mutex mutex_{};
  std::condition_variable_any changed_{};
  bool refreshing_ = false;
  std::uint64_t generation_ = 0;
  AccessToken token_{};
  std::exception_ptr failure_{};
};

}  // namespace azureml::http
