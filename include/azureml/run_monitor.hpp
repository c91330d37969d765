#pragma once
#include <azureml/context.hpp>
#include <azureml/error.hpp>
#include <azureml/log_cursor.hpp>
#include <azureml/run.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace azureml {

/// What to be told about one run. Empty members cost nothing (no log is fetched without `on_log`). A callback that
/// throws is a mistake: the exception goes to the workspace's log and the watching goes on.
struct RunEvents {
  /// At first, and when the status word has changed; of changes that the application has not taken yet only the last is
  /// told.
  std::function<void(Run const&, RunDetails const&)> on_status{};
  /// The user's log, exactly as written, each byte once. Owned text: it may cross to another thread. The cursor is the
  /// place behind it.
  std::function<void(Run const&, std::string text, LogCursor cursor)> on_log{};
  std::function<void(Run const&, RunDetails const&)> on_finished{};  ///< Once, after the last byte of the log.
  std::function<void(Run const&, Error const&)> on_trouble{};  ///< Still trying, ever more seldom; for a status line.
  LogCursor log_from{};                                        ///< Where an earlier life of the application has ended.
};

struct MonitorOptions {
  /// Runs the given task on a thread of the application's choice (`QMetaObject::invokeMethod`, `asio::post`,
  /// `g_idle_add`). Called from the monitor's thread. Empty: callbacks run on the monitor's own thread. Events of one
  /// run keep their order; two never run at once for one run.
  std::function<void(std::function<void()>)> executor{};
  std::chrono::milliseconds latency{2000};  ///< Between two looks at all runs; at least 10 ms.
  std::size_t queued_bytes_max =
      8 << 20;  ///< Beyond it fetching pauses until the application has caught up; nothing is dropped.
};

/// Watches any number of runs with one thread. In each interval: one status query for all runs of a workspace (a page
/// of its newest runs; runs that stand on none of the first pages one request each), one request for a run whose status
/// has changed, one for each log that is followed. Its thread takes no signals. Every member may be called from several
/// threads at once. The destructor ends all watching as the subscriptions' do, stops the request under way and joins
/// the thread: not from within a callback on the monitor's own thread.
class RunMonitor {
 public:
  /// Ends the watching when destroyed. After its destructor no callback of this run starts, also none that the executor
  /// has taken but not yet run; one that is running is waited for, except from within itself. So hold no lock that a
  /// callback takes. May outlive the monitor.
  class [[nodiscard]] Subscription {
   public:
    Subscription() noexcept = default;
    Subscription(Subscription&&) noexcept = default;
    Subscription& operator=(Subscription&& other) noexcept;
    Subscription(Subscription const&) = delete;
    Subscription& operator=(Subscription const&) = delete;
    ~Subscription();

   private:
    friend class RunMonitor;
    struct State;
    explicit Subscription(std::shared_ptr<State> state) noexcept;
    std::shared_ptr<State> state_{};
  };

  explicit RunMonitor(MonitorOptions options = {});
  ~RunMonitor();
  RunMonitor(RunMonitor const&) = delete;
  RunMonitor& operator=(RunMonitor const&) = delete;

  /// No request by itself; the callbacks may begin before it returns.
  Subscription watch(Run run, RunEvents events);
  /// Runs whose end has not been seen yet.
  [[nodiscard]] std::size_t watched() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Until all are terminal; details in the order of `runs`. Raises nothing for runs that failed. On the caller's thread:
/// one status query for all in each polling interval (as `Run::wait_for_completion`; on an engine every second, at once
/// for one of the runs) and one request for each run's details. @throws StoppedError when the context ends it;
/// ServiceError; TransportError
std::vector<RunDetails> wait_all(std::vector<Run> const& runs, Context const& context = {});
/// Until one is terminal: its index, the smallest of several. Otherwise as `wait_all`. @throws ValidationError when
/// there are no runs
std::size_t wait_any(std::vector<Run> const& runs, Context const& context = {});

}  // namespace azureml
