#pragma once
#include <chrono>
#include <optional>
#include <stop_token>

namespace azureml {

/// Who may stop a call and how long it may take. Default: nobody, for ever. Last parameter of every call that may wait.
struct Context {
  std::stop_token stop{};
  std::optional<std::chrono::nanoseconds> timeout{};  ///< From the moment of the call.
};

/// `run.cancel(within(30s))`
inline Context within(std::chrono::nanoseconds timeout, std::stop_token stop = {}) { return {.stop = std::move(stop), .timeout = timeout}; }

}  // namespace azureml
