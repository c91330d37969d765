// The queue and the start of runs.
#include "base/uuid.hpp"
#include "base/unique_fd.hpp"
#include "engine/runner/make_spec.hpp"
#include "engine/runner/run_failure.hpp"
#include "engine/runner/run_manager_state.hpp"
#include "engine/runner/script_environment.hpp"
#include "engine/runner/spawn.hpp"

#include <fcntl.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>

namespace azureml::engine::runner {
namespace {

constexpr std::size_t kPlacesShown = 8;

unsigned machine_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return static_cast<unsigned>(CPU_COUNT(&set));
  return std::max(1U, std::thread::hardware_concurrency());
}

std::string place_text(std::size_t place, std::size_t length) {
  return "position " + std::to_string(place) + " of " + std::to_string(length) + " in the queue";
}

std::string error_text(RunError const& error) { return to_json(error).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace); }

/// What one look at the store gives for a start.
struct Loaded {
  bool startable = false, canceled = false;
  RunSpec spec{};
  std::string experiment{}, experiment_id{};
  std::optional<RunError> failure{};
};

Loaded load(store::Store& database, store::Home const& home, DataPlaces const& places, std::string const& run_id, std::string const& attempt_id) {
  Loaded loaded;
  auto const job = database.find_job(run_id);
  if (!job || store::is_terminal(job->status)) return loaded;
  loaded.startable = true;
  loaded.canceled = job->cancel_requested;
  if (loaded.canceled) return loaded;
  try {
    loaded.spec = make_spec(database, home, *job, places);
    loaded.spec.attempt_id = attempt_id;
    auto const experiment = database.ensure_experiment(job->experiment);
    loaded.experiment = experiment.name;
    loaded.experiment_id = experiment.id;
    database.change_job(run_id, {.attempt_id = attempt_id});  // durable before the spawn
  } catch (RunFailure const& failure) {
    loaded.failure = failure.error();
  } catch (std::exception const& error) {
    loaded.failure = RunError{.code = "InternalError", .message = std::string("The run could not be started: ") + error.what(), .phase = "preparing"};
  }
  return loaded;
}

}  // namespace

std::size_t RunManager::State::slots() const {
  return options.cpus > 0 ? static_cast<std::size_t>(std::max(1.0, std::floor(options.cpus))) : machine_cpus();
}

unsigned RunManager::State::cpu_share() const {
  return std::max(1U, machine_cpus() / static_cast<unsigned>(std::min<std::size_t>(slots(), machine_cpus())));
}

void RunManager::State::enqueue(std::string const& run_id) {
  std::size_t length = 0;
  {
    std::lock_guard lock{mutex};
    if (std::find(queue.begin(), queue.end(), run_id) != queue.end() || active.contains(run_id)) {
      unfinished->fetch_sub(1);  // counted already
      return;
    }
    queue.push_back(run_id);
    length = queue.size();
  }
  // A run that can start at once is never said to wait: that would cost it a write.
  if (active.size() + length > slots()) change(run_id, {.status = "Queued", .status_detail = place_text(length, length)});
}

void RunManager::State::start_next() {
  bool moved = false;
  while (active.size() < slots()) {
    std::string run_id;
    {
      std::lock_guard lock{mutex};
      if (queue.empty() || ending) break;
      run_id = std::move(queue.front());
      queue.pop_front();
    }
    moved = true;
    try {
      start(run_id);
    } catch (std::exception const& error) {
      RunError const failure{.code = "SupervisorStartFailed", .message = std::string("The run could not be started: ") + error.what(), .phase = "preparing"};
      active.erase(run_id);
      end_without_supervisor(run_id, {.status = "Failed", .status_detail = "", .error = error_text(failure)});
    }
  }
  if (moved) refresh_places();
}

/// The places of the first few are kept up to date in the store; all of them can be asked for.
void RunManager::State::refresh_places() {
  std::vector<std::string> first;
  std::size_t length = 0;
  {
    std::lock_guard lock{mutex};
    length = queue.size();
    first.assign(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(std::min(kPlacesShown, length)));
  }
  for (std::size_t i = 0; i < first.size(); ++i) change(first[i], {.status = "Queued", .status_detail = place_text(i + 1, length)});
}

void RunManager::State::start(std::string const& run_id) {
  auto const attempt_id = base::new_uuid();
  auto loaded = store.call([&](store::Store& database) { return load(database, home, options.data, run_id, attempt_id); });
  if (!loaded.startable) {
    unfinished->fetch_sub(1);
  } else if (loaded.canceled) {
    end_without_supervisor(run_id, {.status = "Canceled", .status_detail = ""});
  } else if (loaded.failure) {
    end_without_supervisor(run_id, {.status = "Failed", .status_detail = "", .error = error_text(*loaded.failure)});
  } else {
    launch(std::move(loaded.spec), loaded.experiment, loaded.experiment_id);
  }
}

void RunManager::State::launch(RunSpec spec, std::string const& experiment, std::string const& experiment_id) {
  RunPaths const paths{home.run(spec.run_id)};
  for (auto const* folder : {"user_logs", "azureml-logs", "logs"}) std::filesystem::create_directories(paths.artifacts() / folder);
  spec.python = options.python;
  spec.keep_working_directory = options.keep_working_directory;
  spec.cancel_grace = options.cancel_grace;
  spec.cpu_share = cpu_share();
  if (options.context_variables) spec.context_variables = options.context_variables(spec.run_id, experiment, experiment_id);
  write_run_spec(paths.spec(), spec);
  replace_small_file(paths.attempt(), spec.attempt_id);
  auto const log = base::open_file(paths.supervisor_log(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  SpawnRequest const request{.program = options.program.string(),
                             .arguments = {"azureml", "supervise", paths.root.string()},
                             .environment = supervisor_environment(current_environment()),
                             .working_directory = paths.root.string(),
                             .standard_output = log.get(),
                             .standard_error = log.get(),
                             .detached = true};
  auto const supervisor = spawn(request);
  logger.info("run " + spec.run_id + ": supervisor " + std::to_string(supervisor) + " started");
  attach(spec.run_id, 0, false, supervisor);
}

}  // namespace azureml::engine::runner
