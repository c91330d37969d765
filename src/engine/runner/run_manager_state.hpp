#pragma once
#include "base/unique_fd.hpp"
#include "engine/runner/fold.hpp"
#include "engine/runner/fold_data.hpp"
#include "engine/runner/journal.hpp"
#include "engine/runner/run_manager.hpp"
#include "engine/runner/run_paths.hpp"
#include "engine/runner/run_spec.hpp"
#include "engine/runner/salvage_worker.hpp"
#include "engine/runner/scheduler.hpp"
#include "engine/runner/tree_watch.hpp"
#include "engine/store/store.hpp"

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace azureml::engine::runner {

/// What the manager's thread works with. Only it touches the members below `commands`.
struct RunManager::State {
  using Time = std::chrono::steady_clock::time_point;
  struct Submitted { std::string run_id; Resources wanted; };
  struct CancelRequested { std::string run_id; };
  struct Lost { std::string run_id; Salvaged result; };
  using Command = std::variant<Submitted, CancelRequested, Lost>;

  /// A journal record as it goes to the store.
  struct Folded {
    std::uint64_t seq = 0;
    store::JobChange change{};
    DataNews data{};
  };

  /// A run that has, or may have, a supervisor.
  struct Active {
    std::string run_id{};
    RunPaths paths{};
    JournalReader journal;
    RunProcesses processes{};
    pid_t supervisor_pid = 0;
    base::UniqueFd supervisor{};          ///< pidfd of it
    bool supervisor_gone = false, canceled = false, salvaging = false;
    std::string damage{};
    std::uint64_t applied_seq = 0;        ///< Records up to it were folded by an earlier engine.
    std::optional<Time> judge_at{};
    std::chrono::milliseconds judge_delay{20};
  };

  State(store::Home home_, RunnerOptions options_, store::StoreThread& store_, Notifier& notifier_, logging::Logger logger_);

  // Called from any thread.
  void push(Command command);
  void wake() const noexcept;

  // The manager's thread.
  void attach_all();
  void loop();
  void run_commands();
  void handle(Submitted const& command);
  void handle(CancelRequested const& command);
  void handle(Lost const& command);

  // The queue.
  bool enqueue(std::string const& run_id, Resources const& wanted, bool said = false);  ///< `said`: it is Queued in the store.
  void occupy(std::string const& run_id);
  void start_next();
  void start(Scheduler::Start const& next);
  void launch(RunSpec spec, Grant const& grant, std::string const& experiment, std::string const& experiment_id);
  void release(std::string const& run_id);
  void tell_places(bool moved);

  // Following.
  void attach(std::string const& run_id, std::uint64_t applied_seq, bool canceled, pid_t supervisor);  ///< Pid 0: not known.
  void watch(Active& run);
  void read_journals();
  void read_journal(Active& run);
  void find_supervisor(Active& run);
  void publish_logs();
  void send_cancel(Active& run);

  // The end.
  void judge_due(Time now);
  void judge(Active& run);
  void finish(std::string const& run_id);
  void end_without_supervisor(std::string const& run_id, store::JobChange change);
  void change(std::string const& run_id, store::JobChange change);
  void apply(std::string const& run_id, std::vector<Folded> changes);
  void record_outputs(RunPaths const& paths);
  int wait_timeout(Time now) const;

  store::Home home;
  RunnerOptions options;
  store::StoreThread& store;
  Notifier notifier;          ///< Shares its state with the one given.
  logging::Logger logger;
  std::shared_ptr<std::atomic<std::size_t>> unfinished = std::make_shared<std::atomic<std::size_t>>(0);
  base::UniqueFd wakeup{};
  std::thread thread{};

  mutable std::mutex mutex{};
  std::deque<Command> commands{};   ///< Under `mutex`, as are `scheduler` and `ending`.
  Scheduler scheduler;
  bool ending = false;

  std::map<std::string, Active> active{};
  TreeWatch files{};
  std::set<std::string> journals_changed{}, logs_changed{};
  std::vector<std::string> arrived{};  ///< Queued now, and not yet said to be.
  SalvageWorker worker;             ///< Last: it ends first.
};

}  // namespace azureml::engine::runner
