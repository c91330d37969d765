// The queue and the start of runs.
#include "base/uuid.hpp"
#include "base/unique_fd.hpp"
#include "engine/runner/make_spec.hpp"
#include "engine/runner/run_failure.hpp"
#include "engine/runner/run_manager_state.hpp"
#include "engine/runner/script_environment.hpp"
#include "engine/runner/spawn.hpp"

#include <fcntl.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>

namespace azureml::engine::runner {
namespace {

constexpr std::size_t kPlacesTold = 8;

std::string error_text(RunError const& error) { return to_json(error).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace); }

/// What one look at the store gives for a start.
struct Loaded {
  bool startable = false, canceled = false;
  RunSpec spec{};
  std::string experiment{}, experiment_id{};
  std::optional<RunError> failure{};
};

Loaded load(store::Store& database, store::Home const& home, DataPlaces const& places, std::string const& run_id, std::string const& attempt_id,
            std::string const& warning) {
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
    store::JobChange change{.attempt_id = attempt_id};
    // An engine that was killed before the spawn may have said it already.
    if (!warning.empty() && std::find(job->warnings.begin(), job->warnings.end(), warning) == job->warnings.end()) change.add_warnings = {warning};
    database.change_job(run_id, change);  // durable before the spawn
  } catch (RunFailure const& failure) {
    loaded.failure = failure.error();
  } catch (std::exception const& error) {
    loaded.failure = RunError{.code = "InternalError", .message = std::string("The run could not be started: ") + error.what(), .phase = "preparing"};
  }
  return loaded;
}

}  // namespace

/// @returns false when the run waits or runs already
bool RunManager::State::enqueue(std::string const& run_id, Resources const& wanted, bool said) {
  auto const gpus = scheduler.capacity().gpus.size();
  if (wanted.gpus > gpus && !active.contains(run_id)) {
    // Refused at submit; the engine that took it had more.
    RunError const failure{.code = "NotEnoughGpus",
                           .message = "The run asks for " + std::to_string(wanted.gpus) + " GPUs, and this engine has " + std::to_string(gpus) +
                                      "; name them in its configuration ('gpus'), or submit a run that asks for less.",
                           .phase = "preparing"};
    end_without_supervisor(run_id, {.status = "Failed", .status_detail = "", .error = error_text(failure)});
    return true;
  }
  std::lock_guard lock{mutex};
  if (active.contains(run_id) || !scheduler.add(run_id, wanted)) return false;
  if (!said) arrived.push_back(run_id);
  return true;
}

/// The run has begun under an earlier engine: its part of the machine is taken, as its specification says.
void RunManager::State::occupy(std::string const& run_id) {
  Grant grant;
  try {
    auto const spec = read_run_spec(RunPaths{home.run(run_id)}.spec());
    grant = {.taken = {.cpus = spec.cpu_share, .memory = spec.memory}, .gpus = spec.gpus.value_or(std::vector<std::string>{}), .alone = spec.alone};
  } catch (std::exception const&) {
    // What it has is not known, but it has a cpu at least.
  }
  std::lock_guard lock{mutex};
  scheduler.occupy(run_id, std::move(grant));
}

void RunManager::State::release(std::string const& run_id) {
  std::lock_guard lock{mutex};
  scheduler.release(run_id);
}

void RunManager::State::start_next() {
  bool moved = false;
  for (;;) {
    std::optional<Scheduler::Start> next;
    {
      std::lock_guard lock{mutex};
      if (!ending) next = scheduler.next();
    }
    if (!next) break;
    moved = true;
    try {
      start(*next);
    } catch (std::exception const& error) {
      RunError const failure{.code = "SupervisorStartFailed", .message = std::string("The run could not be started: ") + error.what(), .phase = "preparing"};
      active.erase(next->run_id);
      end_without_supervisor(next->run_id, {.status = "Failed", .status_detail = "", .error = error_text(failure)});
    }
    if (!active.contains(next->run_id)) release(next->run_id);
  }
  tell_places(moved);
}

/// A run that could start at once is never said to wait: that would cost it a write. Places are not stored; who watches the first few
/// is told to look again.
void RunManager::State::tell_places(bool moved) {
  std::vector<std::string> first, waiting;
  {
    std::lock_guard lock{mutex};
    if (moved) first = scheduler.first(kPlacesTold);
    for (auto& run_id : arrived)
      if (scheduler.waits(run_id)) waiting.push_back(std::move(run_id));
  }
  arrived.clear();
  for (auto const& run_id : waiting) change(run_id, {.status = "Queued"});
  for (auto const& run_id : first) notifier.publish("run:" + run_id);
}

void RunManager::State::start(Scheduler::Start const& next) {
  auto const& run_id = next.run_id;
  auto const attempt_id = base::new_uuid();
  auto loaded = store.call([&](store::Store& database) { return load(database, home, options.data, run_id, attempt_id, next.warning); });
  if (!loaded.startable) {
    unfinished->fetch_sub(1);
  } else if (loaded.canceled) {
    end_without_supervisor(run_id, {.status = "Canceled", .status_detail = ""});
  } else if (loaded.failure) {
    end_without_supervisor(run_id, {.status = "Failed", .status_detail = "", .error = error_text(*loaded.failure)});
  } else {
    launch(std::move(loaded.spec), next.grant, loaded.experiment, loaded.experiment_id);
  }
}

void RunManager::State::launch(RunSpec spec, Grant const& grant, std::string const& experiment, std::string const& experiment_id) {
  RunPaths const paths{home.run(spec.run_id)};
  for (auto const* folder : {"user_logs", "azureml-logs", "logs"}) std::filesystem::create_directories(paths.artifacts() / folder);
  spec.python = options.python;
  spec.keep_working_directory = options.keep_working_directory;
  spec.cancel_grace = options.cancel_grace;
  spec.cpu_share = grant.taken.cpus;
  spec.memory = grant.taken.memory;
  spec.alone = grant.alone;
  if (!scheduler.capacity().gpus.empty()) spec.gpus = grant.gpus;
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
