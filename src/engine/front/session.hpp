#pragma once
#include "engine/front/listener.hpp"

#include <utility>  // Asio's awaitable header needs it with GCC 12 and does not include it.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_set>

namespace azureml::engine::front {

class Session;

/// What all connections of a listener share. Lives until the last of them has ended.
struct SessionShared {
  explicit SessionShared(ServerLimits session_limits, logging::Logger session_logger)
      : limits(session_limits), logger(std::move(session_logger)) {}

  ServerLimits const limits;
  logging::Logger const logger;
  Dispatcher const* dispatcher = nullptr;
  runner::Notifier* notifier = nullptr;
  PostToStore post_to_store{};
  boost::asio::thread_pool disk{2};
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> connections{0}, requests{0};
  std::atomic<std::chrono::steady_clock::rep> last_request{std::chrono::steady_clock::now().time_since_epoch().count()};
  std::mutex mutex{};
  std::condition_variable none_left{};  ///< `connections` has become 0.

  void touch() noexcept { last_request = std::chrono::steady_clock::now().time_since_epoch().count(); }
  void connection_ended() {
    std::lock_guard const lock(mutex);
    if (--connections == 0) none_left.notify_all();
  }
};

/// One I/O thread's event loop and the connections on it. All but `context` is used on that thread alone.
struct Loop {
  std::unordered_set<Session*> sessions{};
  boost::asio::io_context context{1};
};

/// Serves a connection until it ends. `connections` was counted up for it.
void start_session(boost::asio::ip::tcp::socket socket, std::shared_ptr<SessionShared> shared,
                   std::shared_ptr<Loop> loop);
/// On the loop's thread: closes connections without a request under way, lets held requests answer at once.
void wind_down(Loop& loop);
/// On the loop's thread: closes all connections.
void close_all(Loop& loop);

}  // namespace azureml::engine::front
