// Stands in for the runner, so that these tests start no process: what it is told goes to its log.
#include "engine/runner/run_manager.hpp"

namespace azureml::engine::runner {

struct RunManager::State {
  logging::Logger logger{};
};

RunManager::RunManager(store::Home, RunnerOptions, store::StoreThread&, Notifier&, logging::Logger logger)
    : state_(std::make_unique<State>(State{std::move(logger)})) {}
RunManager::~RunManager() = default;
void RunManager::start() {}
void RunManager::submitted(std::string const& run_id) { state_->logger.info("submitted " + run_id); }
void RunManager::cancel_requested(std::string const& run_id) { state_->logger.info("cancel " + run_id); }
std::size_t RunManager::active() const { return 0; }
std::pair<std::size_t, std::size_t> RunManager::queue_place(std::string const& run_id) const {
  return run_id.starts_with("waiting") ? std::pair<std::size_t, std::size_t>{2, 5} : std::pair<std::size_t, std::size_t>{0, 0};
}

}  // namespace azureml::engine::runner
