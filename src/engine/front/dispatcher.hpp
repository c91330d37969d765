#pragma once
#include "base/clock.hpp"
#include "engine/front/access.hpp"
#include "engine/front/operation.hpp"
#include "engine/front/router.hpp"
#include "engine/front/tokens.hpp"
#include "engine/routes/exchange.hpp"
#include "log/logger.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace azureml::engine::front {

/// A request's line and headers as the listener has read them.
struct RequestHead {
  std::string method{}, target{};
  routes::Headers headers{};
  std::uint64_t content_length = 0;
};

/// One request on its way through the front.
struct Exchange {
  Operation const* operation = nullptr;      ///< None when the request was refused; then `refusal` is the answer.
  routes::Plane plane = routes::Plane::arm;  ///< In whose shape errors are written.
  routes::Request request{};
  std::optional<routes::Reply> refusal{};
  std::string request_id{}, operation_id{};  ///< For headers, error bodies and the log.
  std::chrono::steady_clock::time_point began{};
};

/// When a job's token ends.
struct RunState {
  bool known = false;
  std::optional<std::chrono::system_clock::time_point> ended{};
};

struct DispatcherOptions {
  std::vector<Operation> operations{};
  std::string storage_account{};  ///< The first segment of the path of all blob routes.
  HostRules hosts{};
  std::function<void(routes::Request const&)> check_sas{};         ///< Throws ApiError. On an I/O thread.
  std::function<RunState(std::string const& run_id)> run_state{};  ///< On the store thread.
};

/// Everything between the listener and the handlers: routing, who may ask, the shape of errors, the headers of every
/// reply. Immutable but for what the functions given to it do; may be used from any thread.
class Dispatcher {
 public:
  Dispatcher(DispatcherOptions options, Tokens const& tokens, base::Clock& clock, logging::Logger logger);

  /// Routes and checks a request by its head alone. On an I/O thread; never throws for what a client sends.
  [[nodiscard]] Exchange admit(RequestHead head) const;
  /// An exchange that never got as far as a route, for errors of the protocol itself.
  [[nodiscard]] Exchange unrouted() const;

  /// The three steps on the store thread. Errors of handlers come back as replies.
  [[nodiscard]] routes::Reply handle(Exchange const& exchange) const;
  struct Begun {
    std::unique_ptr<routes::Upload> upload{};
    std::optional<routes::Reply> refusal{};
  };
  [[nodiscard]] Begun begin_upload(Exchange const& exchange) const;
  [[nodiscard]] routes::Reply commit(Exchange const& exchange, routes::Upload& upload) const;

  /// Turns the exception being handled into a reply in the shape of the exchange's plane. Call inside a catch block.
  [[nodiscard]] routes::Reply current_error(Exchange const& exchange) const;
  [[nodiscard]] routes::Reply error(Exchange const& exchange, routes::ApiError const& error) const;
  /// Adds the headers that every reply has, and writes the line of the log.
  void finish(Exchange const& exchange, routes::Reply& reply) const;

 private:
  void authenticate(Exchange& exchange, Target const& target) const;
  void check_run_token(Exchange const& exchange) const;

  Router router_;
  HostRules hosts_;
  std::function<void(routes::Request const&)> check_sas_;
  std::function<RunState(std::string const&)> run_state_;
  std::string storage_account_;
  Tokens const& tokens_;
  base::Clock& clock_;
  logging::Logger logger_;
};

}  // namespace azureml::engine::front
