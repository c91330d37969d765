#pragma once
#include "engine/front/dispatcher.hpp"
#include "engine/front/limits.hpp"
#include "engine/runner/notifier.hpp"
#include "log/logger.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace azureml::engine::front {

/// Runs a task on the thread that owns the database; returns at once.
using PostToStore = std::function<void(std::function<void()>)>;

/// HTTP/1.1 on 127.0.0.1: one coroutine for each connection on two I/O threads; files are read and written by two disk
/// threads, handlers run where `post` puts them. A held request (`Reply::wait`) costs no thread. Thread-safe.
class Listener {
 public:
  /// Binds the port (0: any) without listening yet. @throws std::system_error
  explicit Listener(std::uint16_t port, ServerLimits limits, logging::Logger logger);
  ~Listener();  ///< As `stop`.
  Listener(Listener const&) = delete;
  Listener& operator=(Listener const&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  /// Starts to accept. All three must outlive the listener or its `stop`.
  void start(Dispatcher const& dispatcher, runner::Notifier& notifier, PostToStore post);
  /// Accepts no more, lets requests under way end for up to `grace`, closes the rest and waits until none is left.
  void stop(std::chrono::milliseconds grace = std::chrono::milliseconds{2000}) noexcept;

  [[nodiscard]] std::size_t connections() const noexcept;
  [[nodiscard]] std::size_t open_requests() const noexcept;
  [[nodiscard]] std::chrono::steady_clock::time_point last_request()
      const noexcept;  ///< Begin or end, whichever is later.

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace azureml::engine::front
