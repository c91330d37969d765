#pragma once
#include "base/unique_fd.hpp"
#include "engine/runner/salvage.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace azureml::engine::runner {

/// Salvages lost runs one after the other, on a thread that exists from the first one on.
class SalvageWorker {
 public:
  using Done = std::function<void(LostRun const& run, Salvaged result)>;
  /// `done` is called on the worker's thread, with the run's lock still held.
  explicit SalvageWorker(Done done);
  ~SalvageWorker();  ///< Gives up what is not finished: the next engine judges those runs again.
  void add(LostRun run, base::UniqueFd lock);

 private:
  void work();
  struct Task {
    LostRun run{};
    base::UniqueFd lock{};
  };
  Done done_;
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::deque<Task> tasks_{};
  bool ending_ = false;
  std::thread thread_{};
};

}  // namespace azureml::engine::runner
