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
  explicit StaleConnectionError(TransportError const& error) : TransportError(error) {}
};

}  // namespace azureml::http
