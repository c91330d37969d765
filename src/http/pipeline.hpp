#pragma once
#include "base/clock.hpp"
#include "http/transport.hpp"
#include "log/logger.hpp"

#include <azureml/credential.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace azureml::http {

struct RetryOptions {
  int attempts_max = 5;
  std::chrono::milliseconds delay_first{800}, delay_max{60'000};
  std::chrono::seconds total_max{300};  ///< No new attempt begins after this.
  std::function<double()> jitter{};     ///< A number in [0, 1) for each wait; empty: random. Called from any thread.
};

/// Gives a bearer token; `refresh` true after a 401. Thread-safe; one refresh in flight for everybody.
using TokenSource = std::function<std::string(bool refresh, Context const& context)>;

/// Asked once for each call whose connection is refused: where the same service answers now (base URL without a path),
/// or the same address. The engine's restarts it; the service's says the same. Called from any thread, also at the same
/// time.
using EndpointSource = std::function<std::string(std::string const& refused_base)>;

struct PipelineOptions {
  std::shared_ptr<Transport> transport{};  ///< Empty: cpprestsdk's.
  TokenSource token{};
  EndpointSource endpoint{};
  RetryOptions retry{};
  std::chrono::seconds attempt_timeout{100};
  std::string user_agent{};  ///< The application's own name, put before ours.
  logging::Logger logger{};
  base::Clock* clock = nullptr;  ///< Null: the machine's.
};

/// The chain around a transport: request id → client name → retry → auth → log → transport. Copies share everything;
/// thread-safe.
class Pipeline {
 public:
  explicit Pipeline(PipelineOptions options);
  /// Any HTTP status is a normal return. The context's timeout is for the whole call, with all its attempts and waits.
  /// @throws TransportError, StoppedError, AuthenticationError
  Response send(Request request, Context const& context) const;
  [[nodiscard]] base::Clock& clock() const noexcept;
  [[nodiscard]] logging::Logger const& logger() const noexcept;

 private:
  struct State;
  std::shared_ptr<State const> state_;
};

/// The token source of a public Credential (its callback or token), with caching and one refresh at a time.
TokenSource token_source(Credential const& credential, base::Clock& clock);

/// A new transport over cpprestsdk's client. Connections are kept and shared between threads.
std::shared_ptr<Transport> make_cpprest_transport(std::chrono::seconds attempt_timeout);

}  // namespace azureml::http
