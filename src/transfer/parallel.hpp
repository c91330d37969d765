#pragma once
#include <cstddef>
#include <functional>
#include <stop_token>

namespace azureml::transfer {

/// Calls `task(i, stop)` once for each i below `count`, on up to `threads` threads that live for this call only. The
/// first exception, of a task or of `tick`, requests a stop of the others and is rethrown when all have ended; so does
/// a stop of the caller's token, which by itself throws nothing. `tick`, when given, is called on the calling thread
/// ten times a second while tasks run.
void run_parallel(std::size_t count, unsigned threads, std::stop_token const& outer,
                  std::function<void(std::size_t, std::stop_token const&)> const& task,
                  std::function<void()> const& tick = {});

}  // namespace azureml::transfer
