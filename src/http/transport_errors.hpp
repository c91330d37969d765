#pragma once
#include "http/transport.hpp"

#include <azureml/error.hpp>

#include <exception>
#include <string>

namespace azureml::http {

/// What went wrong with one attempt, in words; thrown as TransportError or one of connection_errors.hpp.
struct Fall {
  /// `stale`: a kept connection was closed; `perhaps_stale`: or a new one; `broken`: the same would happen again.
  enum class Kind { lost, refused, stale, perhaps_stale, broken };
  Kind kind = Kind::lost;
  std::string reason{};
};

/// Throws `cannot GET https://…: reason`.
[[noreturn]] void throw_fall(Request const& request, Fall const& fall);
[[noreturn]] void throw_stopped(Request const& request);
[[noreturn]] void throw_timed_out(Request const& request);

/// Refuses what would break out of the request line or a header. @throws TransportError
void check_request(Request const& request);
/// True when an answer of that status to that method has no body, whatever its headers say.
bool has_no_body(Request const& request, int status);

}  // namespace azureml::http
