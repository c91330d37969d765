#include "engine/runner/salvage_worker.hpp"

#include <exception>
#include <utility>

namespace azureml::engine::runner {

SalvageWorker::SalvageWorker(Done done) : done_(std::move(done)) {}

SalvageWorker::~SalvageWorker() {
  {
    std::lock_guard lock{mutex_};
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SalvageWorker::add(LostRun run, base::UniqueFd lock) {
  {
    std::lock_guard guard{mutex_};
    tasks_.push_back({std::move(run), std::move(lock)});
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  changed_.notify_all();
}

void SalvageWorker::work() {
  auto const ending = [this] {
    std::lock_guard lock{mutex_};
    return ending_;
  };
  for (;;) {
    Task task;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
      if (ending_) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    Salvaged result;
    try {
      result = salvage(task.run, [&] { return !ending(); });
    } catch (std::exception const& error) {
      result.error = {.code = "SupervisorLost", .message = "Run '" + task.run.run_id + "' is lost, and looking after it failed: " + error.what(), .phase = "supervising"};
    }
    if (!ending()) done_(task.run, std::move(result));
  }
}

}  // namespace azureml::engine::runner
