#pragma once
#include "http/transport.hpp"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>

namespace azureml::http {

/// Where the thread that called `send` and the threads of the HTTP library meet. The library's threads ask for bytes of
/// the request and bring those of the response, and go no further until the caller's thread has taken them: so sources
/// are read and sinks are written on the caller's thread alone, no pool thread ever waits, and no more than one piece
/// is held. Thread-safe.
///
/// When nobody waits any more, the request has no more bytes and those of the response are thrown away. An exception
/// would be the plain answer, but the library then waits on a thread of its pool for another one: two of them, and no
/// request of the process goes on, ever.
class Exchange {
 public:
  using Taken = std::function<void(std::size_t count)>;

  // For the library's threads. `taken` is called once: by the caller's thread, or at once when nobody waits any more.
  void want_bytes(std::span<char> room, Taken taken);
  void give_bytes(std::string_view piece, Taken taken);
  void head(Response head);
  void finish();
  void fail(std::exception_ptr failure);

  // For the caller's thread.
  enum class Event { want, give, head, finished, failed, stopped, timed_out };
  /// Waits for the next thing to do, at most until `limit`. A piece of the body is only told of after the head.
  Event next(std::stop_token const& stop, std::chrono::steady_clock::time_point limit);
  [[nodiscard]] std::span<char> room() const { return room_; }
  [[nodiscard]] std::string_view piece() const { return piece_; }
  void taken(std::size_t count);  ///< Answers the last `want` or `give`.
  Response take_head();
  [[nodiscard]] std::exception_ptr failure() const;
  /// Nobody waits any more.
  void close() noexcept;

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  bool closed_ = false, has_head_ = false, wants_ = false, gives_ = false, finished_ = false;
  std::optional<Response> head_{};
  std::exception_ptr failure_{};
  std::span<char> room_{};
  std::string_view piece_{};
  Taken taken_{};
};

}  // namespace azureml::http
