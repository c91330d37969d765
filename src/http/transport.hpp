#pragma once
#include <azureml/context.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace azureml::http {

struct IgnoringCase {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const noexcept;
};
using Headers = std::map<std::string, std::string, IgnoringCase>;

/// Bytes of a request that are not held in memory. Read by one thread at a time; rewound before each further attempt.
struct BodySource {
  virtual ~BodySource() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Fills the front of `buffer`; 0 means the end. @throws FileError
  virtual std::size_t read(std::span<char> buffer) = 0;
  virtual void rewind() = 0;
};

struct Response;

/// Receives the body of a successful (2xx) response piece by piece, on the calling thread of `send`. `begin` is called
/// once for each attempt that got a 2xx answer, before its first byte; what either throws ends the request and reaches
/// the caller.
struct BodySink {
  virtual ~BodySink() = default;
  virtual void begin(Response const& head) = 0;
  virtual void write(std::string_view piece) = 0;
};

enum class AuthKind { none, bearer };

struct Request {
  std::string method{"GET"}, url{};
  Headers headers{};
  std::string body{};
  std::shared_ptr<BodySource> source{};  ///< Instead of `body`.
  std::shared_ptr<BodySink> sink{};      ///< Instead of `Response::body`, for 2xx answers only.
  bool idempotent = false;               ///< May be sent again when no answer, or a retryable one, came.
  AuthKind auth = AuthKind::bearer;      ///< Requests to signed URLs must not carry the token.
  std::size_t body_max = 16 << 20;       ///< A response body beyond this (without a sink) is a TransportError.
  std::optional<std::chrono::nanoseconds> attempt_timeout{};  ///< Longer than the default, for a held GET.
};

struct Response {
  int status = 0;
  Headers headers{};
  std::string body{};
};

/// Sends one request once. Any HTTP status is a normal return. No redirects are followed, ever.
/// @throws TransportError when there was no (whole) response; StoppedError when the context ended it
struct Transport {
  virtual ~Transport() = default;
  virtual Response send(Request const& request, Context const& context) = 0;
};

/// One concern around a request. Stateless or internally locked: one chain serves all threads.
struct Policy {
  using Next = std::function<Response(Request&, Context const&)>;
  virtual ~Policy() = default;
  virtual Response send(Request& request, Context const& context, Next const& next) const = 0;
};

}  // namespace azureml::http
