// Stands in for the runner, so that these tests start no process: what it is told goes to its log.
#include "engine/runner/run_manager.hpp"

namespace azureml::engine::runner {

struct RunManager::State {
  logging::Logger logger{};
  Capacity capacity{};
};

RunManager::RunManager(store::Home, RunnerOptions options, store::StoreThread&, Notifier&, logging::Logger logger)
    : state_(std::make_unique<State>(State{std::move(logger), {.cpus = 2, .gpus = std::move(options.gpus)}})) {}
RunManager::~RunManager() = default;
void RunManager::start() {}
void RunManager::submitted(std::string const& run_id, Resources const& wanted) {
  state_->logger.info("submitted " + run_id);
  if (wanted != Resources{}) state_->logger.info("of cpus " + std::to_string(wanted.cpus) + ", gpus " + std::to_string(wanted.gpus));
}
void RunManager::cancel_requested(std::string const& run_id) { state_->logger.info("cancel " + run_id); }
std::size_t RunManager::active() const { return 0; }
Capacity const& RunManager::capacity() const { return state_->capacity; }
std::pair<std::size_t, std::size_t> RunManager::queue_place(std::string const& run_id) const {
  return run_id.starts_with("waiting") ? std::pair<std::size_t, std::size_t>{2, 5} : std::pair<std::size_t, std::size_t>{0, 0};
}

}  // namespace azureml::engine::runner
