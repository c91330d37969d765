#pragma once
#include <azureml/run_monitor.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

namespace azureml::api {

/// Bytes that wait for the application, of all runs of a monitor. Thread-safe.
class Backlog {
 public:
  explicit Backlog(std::size_t max, std::function<void()> on_room) : max_(max), on_room_(std::move(on_room)) {}
  void add(std::size_t bytes) { bytes_ += bytes; }
  void take(std::size_t bytes);
  /// How much more may be fetched.
  [[nodiscard]] std::size_t room() const noexcept {
    auto const bytes = bytes_.load();
    return bytes < max_ ? max_ - bytes : 0;
  }

 private:
  std::size_t max_;
  std::function<void()> on_room_;  ///< When there is room again.
  std::atomic<std::size_t> bytes_{0};
};

/// The events of one run on their way to the application: in order, one callback at a time, none after the end. Filled
/// by the monitor's thread, emptied by tasks of the application's executor. Thread-safe; always in a shared_ptr, which
/// the tasks hold.
class RunEventQueue : public std::enable_shared_from_this<RunEventQueue> {
 public:
  using Executor = std::function<void(std::function<void()>)>;
  RunEventQueue(Run run, RunEvents events, Executor executor, std::shared_ptr<Backlog> backlog)
      : run_(std::move(run)),
        events_(std::move(events)),
        executor_(std::move(executor)),
        backlog_(std::move(backlog)) {}
  ~RunEventQueue();

  [[nodiscard]] Run const& run() const noexcept { return run_; }
  [[nodiscard]] bool wants_log() const noexcept { return wants_log_; }

  void put_status(RunDetails details);  ///< Replaces one that was not taken yet.
  void put_log(std::string_view text, LogCursor const& cursor);
  void put_finished(RunDetails details);
  void put_trouble(std::exception_ptr error);  ///< An azureml::Error; replaces one that was not taken yet.

  /// Hands a task to the executor when there are events and none is under way. An executor that throws is asked again
  /// next time.
  void dispatch();

  /// No callback starts after it; waits for one that runs on another thread. Forgets the callbacks.
  void end();
  [[nodiscard]] bool ended() const;
  [[nodiscard]] bool empty() const;  ///< Nothing waits and no task is under way.

 private:
  struct Status {
    RunDetails details{};
  };
  struct Log {
    std::string text{};
    LogCursor cursor{};
  };
  struct Finished {
    RunDetails details{};
  };
  struct Trouble {
    std::exception_ptr error{};  // keeps the class of the error
  };
  using Event = std::variant<Status, Log, Finished, Trouble>;

  template <class Kind>
  void replace(Event event);
  void run_task();
  void call(Event& event) noexcept;
  [[nodiscard]] static std::size_t cost(Event const& event);

  Run const run_;
  RunEvents events_;
  // Asked without the lock, also while `end` forgets the callbacks.
  bool const wants_status_ = static_cast<bool>(events_.on_status), wants_log_ = static_cast<bool>(events_.on_log),
             wants_finished_ = static_cast<bool>(events_.on_finished),
             wants_trouble_ = static_cast<bool>(events_.on_trouble);
  Executor const executor_;
  std::shared_ptr<Backlog> const backlog_;

  mutable std::mutex mutex_{};
  std::condition_variable idle_{};
  std::deque<Event> waiting_{};
  bool under_way_ = false;                    ///< A task is with the executor, or runs.
  std::optional<std::thread::id> calling_{};  ///< The thread a callback runs on.
  bool ended_ = false;
};

}  // namespace azureml::api
