#include <azureml/run_monitor.hpp>

#include "api/run_events.hpp"
#include "api/run_statuses.hpp"
#include "api/watched_run.hpp"
#include "core/make_error.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace azureml {

namespace {

constexpr std::chrono::milliseconds kLatencyMin{10};
/// For the query of all runs, its retries included.
constexpr std::chrono::seconds kQueryTimeout{20};

/// The pause between two looks, which anybody may end. Outlives the monitor where a task still refers to it.
/// Thread-safe.
class Pause {
 public:
  void end() {
    std::lock_guard const lock(mutex_);
    source_.request_stop();
  }
  /// From now on `end` ends the pause that has this token.
  std::stop_token begin() {
    std::lock_guard const lock(mutex_);
    source_ = {};
    return source_.get_token();
  }

 private:
  std::mutex mutex_{};
  std::stop_source source_{};
};

/// While it lives, threads started by this one take no signals: those are the host's, for its own threads.
class NoSignals {
 public:
  NoSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  NoSignals(NoSignals const&) = delete;
  NoSignals& operator=(NoSignals const&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

struct RunMonitor::Subscription::State {
  std::shared_ptr<api::RunEventQueue> queue{};
};

RunMonitor::Subscription::Subscription(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

RunMonitor::Subscription& RunMonitor::Subscription::operator=(Subscription&& other) noexcept {
  if (this != &other) {
    Subscription const old(std::move(*this));  // ended when the new one is in its place
    state_ = std::move(other.state_);
  }
  return *this;
}

RunMonitor::Subscription::~Subscription() {
  if (state_) state_->queue->end();
}

/// What the monitor's thread does. Runs are added by any thread and looked at by that one only.
struct RunMonitor::State {
  explicit State(MonitorOptions given)
      : options(std::move(given)),
        backlog(std::make_shared<api::Backlog>(options.queued_bytes_max, [pause = pause] { pause->end(); })) {
    options.latency = std::max(options.latency, kLatencyMin);
    NoSignals const none;
    thread = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
  }

  ~State() {
    thread.request_stop();
    pause->end();
    thread.join();
    for (auto const& run : runs) run->queue().end();
    for (auto const& run : added) run->queue().end();
    for (auto const& queue : told) {
      if (auto const alive = queue.lock()) alive->end();
    }
  }

  void add(std::unique_ptr<api::WatchedRun> run) {
    {
      std::lock_guard const lock(mutex);
      added.push_back(std::move(run));
      ++count;
    }
    changed.notify_one();
    pause->end();
  }

  void run(std::stop_token stop) {
    for (;;) {
      {
        std::unique_lock lock(mutex);
        // Nothing to look at and nothing that an executor has refused: then it sleeps until there is.
        changed.wait(lock, stop, [this] { return !added.empty() || !runs.empty() || !told.empty(); });
        if (stop.stop_requested()) return;
        for (auto& run : added) runs.push_back(std::move(run));
        added.clear();
      }
      auto const paused = pause->begin();  // what happens from here on shortens the next pause
      try {
        look(stop);
      } catch (StoppedError const&) {
        return;
      }
      forget_done();
      if (stop.stop_requested()) return;
      if (!runs.empty())
        runs.front()->record().workspace->clock().wait_for(options.latency, paused);
      else if (!told.empty())
        base::real_clock().wait_for(options.latency, paused);
    }
  }

  void look(std::stop_token const& stop) {
    Context const context{.stop = stop};
    std::map<api::WorkspaceState const*, std::vector<api::WatchedRun*>> groups;
    for (auto const& run : runs) {
      auto const* workspace = run->record().workspace.get();
      if (!run->done() && run->due(workspace->clock().steady_now()))
        groups[workspace].push_back(run.get());
      else
        run->queue().dispatch();
    }
    for (auto const& [workspace, group] : groups) {
      std::map<std::string, std::string> words;
      if (!ask_for_all(*workspace, group, words, context)) continue;
      for (auto* run : group) {
        if (stop.stop_requested()) return;
        auto const word = words.find(run->record().id);
        run->look(word == words.end() ? std::nullopt : std::optional(word->second), backlog->room(), context);
        run->queue().dispatch();
      }
    }
    std::erase_if(told, [](auto const& queue) {
      auto const alive = queue.lock();
      if (alive) alive->dispatch();
      return !alive || alive->ended() || alive->empty();
    });
  }

  bool ask_for_all(api::WorkspaceState const& workspace, std::vector<api::WatchedRun*> const& group,
                   std::map<std::string, std::string>& words, Context const& context) {
    if (group.size() < 2) return true;
    std::set<std::string> ids;
    for (auto const* run : group) ids.insert(run->record().id);
    std::exception_ptr trouble;
    try {
      words = api::query_statuses(workspace, ids, {.stop = context.stop, .timeout = kQueryTimeout});
      return true;
    } catch (StoppedError const&) {
      if (context.stop.stop_requested()) throw;
      trouble = std::current_exception();
    } catch (Error const&) {
      trouble = std::current_exception();
    } catch (std::exception const& error) {
      trouble = std::make_exception_ptr(
          core::make_error<TransportError>(std::string("cannot ask for the status of runs: ") + error.what()));
    }
    for (auto* run : group) {
      run->had_trouble(trouble);
      run->queue().dispatch();
    }
    return false;
  }

  /// Runs whose end was seen are not looked at any more; what was not told of them yet is still told.
  void forget_done() {
    std::lock_guard const lock(mutex);
    auto const first = std::stable_partition(runs.begin(), runs.end(), [](auto const& run) { return !run->done(); });
    for (auto run = first; run != runs.end(); ++run)
      if (!(*run)->queue().ended()) told.push_back((*run)->queue().weak_from_this());
    count -= static_cast<std::size_t>(runs.end() - first);
    runs.erase(first, runs.end());
  }

  MonitorOptions options;
  std::shared_ptr<Pause> const pause = std::make_shared<Pause>();
  std::shared_ptr<api::Backlog> const backlog;
  std::mutex mutex{};
  std::condition_variable_any changed{};
  std::vector<std::unique_ptr<api::WatchedRun>> added{};
  std::size_t count = 0;
  // The thread's own; no lock.
  std::vector<std::unique_ptr<api::WatchedRun>> runs{};
  std::vector<std::weak_ptr<api::RunEventQueue>> told{};  ///< Ended runs whose last events are not all taken.
  std::jthread thread{};
};

RunMonitor::RunMonitor(MonitorOptions options) : state_(std::make_unique<State>(std::move(options))) {}
RunMonitor::~RunMonitor() = default;

RunMonitor::Subscription RunMonitor::watch(Run run, RunEvents events) {
  auto from = std::move(events.log_from);
  auto queue = std::make_shared<api::RunEventQueue>(std::move(run), std::move(events), state_->options.executor,
                                                    state_->backlog);
  Subscription subscription(std::make_shared<Subscription::State>(Subscription::State{queue}));
  state_->add(std::make_unique<api::WatchedRun>(queue, std::move(from)));
  return subscription;
}

std::size_t RunMonitor::watched() const {
  std::lock_guard const lock(state_->mutex);
  return state_->count;
}

}  // namespace azureml
