#pragma once
#include <azureml/error.hpp>

namespace azureml::http {

/// Nothing listens there: no byte of the request was sent, so any request may be sent elsewhere or again.
struct ConnectionRefusedError final : TransportError {
  explicit ConnectionRefusedError(TransportError const& error) : TransportError(error) {}
};

/// The server closed a kept connection just as it was to be used again. Nothing is wrong: an idempotent request is
/// repeated at once.
struct StaleConnectionError final : TransportError {
  StaleConnectionError(TransportError const& error, bool is_certain) : TransportError(error), certain(is_certain) {}
  bool certain;  ///< False: it may have been a new connection that broke as soon.
};

}  // namespace azureml::http
