#pragma once
#include <azureml/fwd.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace azureml {

/// Base of everything this library throws on purpose. `what()` is one sentence: what was tried, what came back, what to do.
/// Copying one never throws; the members' references live as long as any copy.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  bool retryable() const noexcept;                 ///< The same call may succeed later without any change.
  std::string const& request_id() const noexcept;  ///< The service's correlation id; empty when no answer came.

 protected:
  friend struct detail::Access;
  Error(std::string const& message, std::shared_ptr<void const> state) : std::runtime_error(message), state_(std::move(state)) {}
  std::shared_ptr<void const> state_{};
};

/// One thing wrong: `script_params[2]`, what is wrong, what to do.
struct Fault {
  std::string field{}, problem{}, remedy{};
  friend bool operator==(Fault const&, Fault const&) = default;
};

/// Rejected before any request was sent; nothing was changed.
class ValidationError : public Error {
 public:
  using Error::Error;
  std::vector<Fault> const& faults() const noexcept;

 protected:
  friend struct detail::Access;
};
/// No usable token, or the token was refused.
class AuthenticationError : public Error {
 public:
  using Error::Error;

 protected:
  friend struct detail::Access;
};
/// No answer: DNS, TLS, refused, reset, timeout; or an answer that breaks the protocol, or bytes that are not those promised.
class TransportError : public Error {
 public:
  using Error::Error;

 protected:
  friend struct detail::Access;
};
/// The local engine cannot be started or reached: port, disk, program missing.
class EngineError : public Error {
 public:
  using Error::Error;

 protected:
  friend struct detail::Access;
};
/// A file or folder of this machine cannot be read or written.
class FileError : public Error {
 public:
  using Error::Error;

 protected:
  friend struct detail::Access;
};
/// The caller's stop_token or timeout ended the *call*. The run goes on. (Not "cancelled": a run can be Canceled, a call is stopped.)
class StoppedError : public Error {
 public:
  using Error::Error;
  bool timed_out() const noexcept;

 protected:
  friend struct detail::Access;
};

/// The service answered with a failure.
class ServiceError : public Error {
 public:
  using Error::Error;
  int status() const noexcept;
  std::string const& code() const noexcept;        ///< As the service names it, e.g. "UserError".
  std::string const& inner_code() const noexcept;  ///< The deepest inner code, e.g. "JobNotFound"; empty when there is none.
  std::string const& body() const noexcept;        ///< Redacted, at most 8 KiB.

 protected:
  friend struct detail::Access;
};
/// The thing asked for does not exist; `available()` names what does (files of the run), at most 50.
class NotFoundError : public ServiceError {
 public:
  using ServiceError::ServiceError;
  std::vector<std::string> const& available() const noexcept;

 protected:
  friend struct detail::Access;
};

/// Why a run failed. A value: also found in `RunDetails` without any exception.
struct RunFailure {
  std::string code{}, message{};
  std::string phase{};  ///< "preparing", "environment", "script", "upload"; empty when the service does not say.
  std::optional<int> exit_code{}, signal{}, rank{};
  std::string last_output{};  ///< Last lines of the process that failed first, at most 4 KiB.
  friend bool operator==(RunFailure const&, RunFailure const&) = default;
};
/// The calls worked; the user's training did not. Thrown by waiting with `raise_on_error`.
class RunFailedError : public Error {
 public:
  using Error::Error;
  RunFailure const& failure() const noexcept;
  std::string const& run_id() const noexcept;

 protected:
  friend struct detail::Access;
};
/// With `raise_on_error` only: somebody cancelled the run. (Python returns as if all were well.)
class RunCanceledError : public Error {
 public:
  using Error::Error;
  std::string const& run_id() const noexcept;

 protected:
  friend struct detail::Access;
};

}  // namespace azureml
