#pragma once
#include "engine/runner/notifier.hpp"
#include "engine/runner/resolve_data.hpp"
#include "engine/runner/resources.hpp"
#include "engine/store/home.hpp"
#include "engine/store/store_thread.hpp"
#include "log/logger.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace azureml::engine::runner {

struct RunnerOptions {
  std::filesystem::path program{};             ///< The `azureml` program, run as `azureml supervise RUN_DIRECTORY`.
  std::string python{"/usr/bin/python3"};      ///< Of jobs without an interpreter of their own.
  double cpus = 0;                             ///< That the runs share; 0: as many as the machine has processors.
  std::vector<std::string> gpus{};             ///< That the runs share, as CUDA_VISIBLE_DEVICES names them.
  std::uint64_t memory = 0;                    ///< That the runs share, in bytes; 0: all of the machine's.
  bool keep_working_directory = false;
  DataPlaces data{};                           ///< The engine's own storage account and workspace.
  std::chrono::milliseconds cancel_grace{5000};  ///< Between SIGTERM and SIGKILL.
  /// Variables that name the engine, its routes and the run (AZUREML_RUN_ID, AZUREML_RUN_TOKEN, …); asked at each spawn.
  std::function<std::map<std::string, std::string>(std::string const& run_id, std::string const& experiment_name, std::string const& experiment_id)> context_variables{};
};

/// Queues runs, spawns their supervisors, follows their journals into the store, judges the dead ones, cancels. One thread (inotify,
/// pidfd, timers; no polling). All members may be called from any thread and return at once.
class RunManager {
 public:
  RunManager(store::Home home, RunnerOptions options, store::StoreThread& store, Notifier& notifier, logging::Logger logger);
  ~RunManager();  ///< Ends the thread. Runs go on.
  void start();   ///< Re-attaches to all unfinished runs, then serves.
  void submitted(std::string const& run_id, Resources const& wanted = {});  ///< The job is in the store as Starting.
  void cancel_requested(std::string const& run_id); ///< The mark is in the store.
  [[nodiscard]] std::size_t active() const;         ///< Runs that are not terminal; decides whether the engine may exit.
  [[nodiscard]] Capacity const& capacity() const;   ///< What the runs share.
  /// Place in the queue, from 1, and its length, as of now; {0, 0} when the run does not wait.
  [[nodiscard]] std::pair<std::size_t, std::size_t> queue_place(std::string const& run_id) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The supervisor of one run: `azureml supervise RUN_DIRECTORY`. Needs no engine. Returns the exit code of the process.
int supervise(std::filesystem::path const& run_directory);

}  // namespace azureml::engine::runner
