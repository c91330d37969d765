// Following the journals of runs that have a supervisor, and judging those that have none any more.
#include "engine/runner/processes.hpp"
#include "engine/runner/run_failure.hpp"
#include "engine/runner/run_manager_state.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace azureml::engine::runner {
namespace {

constexpr std::chrono::milliseconds kJudgeDelayMax{1000};
constexpr std::size_t kLinesAtOnce = 256;
constexpr std::array<std::string_view, 3> kLogFolders{"user_logs", "logs", "azureml-logs"};

}  // namespace

void RunManager::State::attach(std::string const& run_id, std::uint64_t applied_seq, bool canceled, pid_t supervisor) {
  RunPaths const paths{home.run(run_id)};
  auto const [at, added] = active.try_emplace(run_id, Active{.run_id = run_id, .paths = paths, .journal = JournalReader(paths.journal())});
  if (!added) return;
  auto& run = at->second;
  run.canceled = canceled;
  auto const now = std::chrono::steady_clock::now();
  if (supervisor > 0) {
    run.supervisor_pid = supervisor;
    run.supervisor = open_process(supervisor);
    // What has ended already is judged at once; what has a pidfd, when that says so.
    if (!run.supervisor) run.judge_at = now;
    run.supervisor_gone = !run.supervisor;
  } else {
    run.judge_at = now;
  }
  watch(run);
  // The whole journal is read, for the processes in it; what was folded in before is not folded again.
  run.applied_seq = applied_seq;
  journals_changed.insert(run_id);
  read_journals();
  if (auto const still = active.find(run_id); still != active.end() && canceled) send_cancel(still->second);
}

void RunManager::State::watch(Active& run) {
  auto const& run_id = run.run_id;
  files.add(
      run.paths.root, [this, run_id](std::filesystem::path const& name, bool) { if (name == "journal.jsonl") journals_changed.insert(run_id); }, false);
  for (auto const folder : kLogFolders)
    files.add(run.paths.artifacts() / folder, [this, run_id](std::filesystem::path const&, bool) { logs_changed.insert(run_id); });
}

void RunManager::State::read_journals() {
  auto const changed = std::exchange(journals_changed, {});
  for (auto const& run_id : changed)
    if (auto const found = active.find(run_id); found != active.end() && !found->second.salvaging) read_journal(found->second);
}

void RunManager::State::read_journal(Active& run) {
  std::vector<Folded> changes;
  try {
    for (auto records = run.journal.read(); !records.empty(); records = run.journal.read()) {
      for (auto const& record : records) {
        run.processes.take(record);
        if (record.seq <= run.applied_seq) continue;
        auto folded = fold(record);
        if (!folded) continue;
        changes.push_back({record.seq, std::move(*folded), data_news(record)});
        // Many files are recorded in many turns of the store thread, not in one.
        if (changes.back().data.stored) apply(run.run_id, std::exchange(changes, {}));
      }
    }
  } catch (JournalDamaged const& error) {
    if (run.damage.empty()) logger.error("run " + run.run_id + ": " + error.what());
    run.damage = error.what();
  }
  if (run.processes.supervisor != run.supervisor_pid) find_supervisor(run);
  auto const run_id = run.run_id;
  bool const ended = run.processes.ended;
  if (!changes.empty()) apply(run_id, std::move(changes));
  if (ended) finish(run_id);
}

/// The supervisor by the pid it wrote, if that is still the same process: after a restart of the engine, or when one that an earlier
/// engine had started was quicker than ours.
void RunManager::State::find_supervisor(Active& run) {
  if (run.processes.supervisor <= 0) return;
  run.supervisor_pid = run.processes.supervisor;
  run.supervisor = open_process(run.processes.supervisor);
  auto const info = process_info(run.processes.supervisor);
  bool const same = run.supervisor && info && info->start_time == run.processes.supervisor_start_time && run.processes.boot_id == boot_id();
  if (same) {
    run.supervisor_gone = false;
    run.judge_at.reset();
  } else {
    run.supervisor.reset();
    run.supervisor_gone = true;
    run.judge_at = std::chrono::steady_clock::now();
  }
}

void RunManager::State::publish_logs() {
  for (auto const& run_id : std::exchange(logs_changed, {})) notifier.publish("run:" + run_id);
}

void RunManager::State::send_cancel(Active& run) {
  run.canceled = true;
  replace_small_file(run.paths.cancel(), "");
  // A supervisor that has written a record reads this signal; before that it would die of it, and looks for the file by itself.
  if (run.processes.any_record && run.supervisor) ::syscall(SYS_pidfd_send_signal, run.supervisor.get(), SIGUSR1, nullptr, 0);
}

void RunManager::State::judge_due(Time now) {
  std::vector<std::string> due;
  for (auto const& [run_id, run] : active)
    if (run.judge_at && *run.judge_at <= now && !run.salvaging) due.push_back(run_id);
  for (auto const& run_id : due)
    if (auto const found = active.find(run_id); found != active.end()) judge(found->second);
}

void RunManager::State::judge(Active& run) {
  run.judge_at.reset();
  auto lock = base::open_file(run.paths.lock(), O_RDWR | O_CREAT, 0600);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    // Alive, however slow. When the process is known to have ended, a child between fork and exec may hold the lock for a moment.
    auto const delay = run.supervisor_gone ? run.judge_delay : kJudgeDelayMax;
    if (run.supervisor_gone || !run.supervisor) run.judge_at = std::chrono::steady_clock::now() + delay;
    run.judge_delay = std::min(run.judge_delay * 2, kJudgeDelayMax);
    return;
  }
  auto const run_id = run.run_id;
  read_journal(run);
  auto const still = active.find(run_id);
  if (still == active.end()) return;  // its last record was there
  still->second.salvaging = true;
  // A supervisor that comes late finds that its attempt is none any more.
  replace_small_file(still->second.paths.attempt(), "none");
  logger.warning("run " + run_id + ": the supervisor is gone without a last record");
  worker.add({.run_id = run_id,
              .paths = still->second.paths,
              .processes = still->second.processes,
              .damage = still->second.damage,
              .grace = options.cancel_grace,
              .keep_working_directory = options.keep_working_directory},
             std::move(lock));
}

void RunManager::State::handle(Lost const& command) {
  auto const found = active.find(command.run_id);
  if (found == active.end()) return;
  store::JobChange last{.status = "Failed", .status_detail = "", .ended = std::chrono::system_clock::now()};
  last.add_warnings = command.result.warnings;
  if (found->second.canceled) {
    last.status = "Canceled";
  } else {
    last.error = to_json(command.result.error).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }
  auto const run_id = command.run_id;
  record_outputs(found->second.paths);
  change(run_id, std::move(last));
  finish(run_id);
}

/// The run is terminal and nothing of it is left: its slot is free.
void RunManager::State::finish(std::string const& run_id) {
  auto const found = active.find(run_id);
  if (found == active.end()) return;
  files.remove(found->second.paths.root);
  for (auto const folder : kLogFolders) files.remove(found->second.paths.artifacts() / folder);
  active.erase(found);
  release(run_id);
  store.post([counter = unfinished](store::Store&) { counter->fetch_sub(1); });
}

void RunManager::State::end_without_supervisor(std::string const& run_id, store::JobChange last) {
  last.ended = std::chrono::system_clock::now();
  change(run_id, std::move(last));
  store.post([counter = unfinished](store::Store&) { counter->fetch_sub(1); });
}

void RunManager::State::change(std::string const& run_id, store::JobChange what) {
  store.post([run_id, what = std::move(what), shared = notifier](store::Store& database) mutable {
    database.change_job(run_id, what);
    shared.publish("run:" + run_id);
  });
}

/// Everything the manifest of a lost run tells, whether its journal got to say so or not.
void RunManager::State::record_outputs(RunPaths const& paths) {
  try {
    for (std::uint64_t begin = 0;;) {
      auto const next = store.call([&](store::Store& database) {
        return record_blobs(database, paths.manifest(), home.blobs(), begin, UINT64_MAX, kLinesAtOnce);
      });
      if (next == begin) return;
      begin = next;
    }
  } catch (std::exception const& error) {
    logger.error("the stored outputs of '" + paths.root.filename().string() + "' could not all be recorded: " + error.what());
  }
}

void RunManager::State::apply(std::string const& run_id, std::vector<Folded> changes) {
  store.post([run_id, changes = std::move(changes), shared = notifier, manifest = RunPaths{home.run(run_id)}.manifest(),
              blobs = home.blobs()](store::Store& database) mutable {
    for (auto const& [seq, what, data] : changes) {
      if (data.stored) record_blobs(database, manifest, blobs, data.stored->begin, data.stored->end, SIZE_MAX);
      if (data.registered) register_output(database, run_id, *data.registered);
      database.apply_record(run_id, seq, what);
    }
    shared.publish("run:" + run_id);
  });
}

}  // namespace azureml::engine::runner
