#include "http/transport_errors.hpp"

#include "base/redact.hpp"
#include "core/make_error.hpp"
#include "http/connection_errors.hpp"
#include "http/url.hpp"

#include <algorithm>

namespace azureml::http {

namespace {

std::string what(Request const& request) {
  return request.method + " " + base::redact_url(request.url);
}

bool is_token(std::string const& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return c > ' ' && c <= '~' && c != ':' && c != '(' && c != ')'; });
}

bool is_one_line(std::string const& text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

}  // namespace

void throw_fall(Request const& request, Fall const& fall) {
  auto const error = core::make_error<TransportError>("cannot " + what(request) + ": " + fall.reason,
                                                      {.retryable = fall.kind != Fall::Kind::broken});
  if (fall.kind == Fall::Kind::refused) throw ConnectionRefusedError(error);
  if (fall.kind == Fall::Kind::stale) throw StaleConnectionError(error, true);
  if (fall.kind == Fall::Kind::perhaps_stale) throw StaleConnectionError(error, false);
  throw error;
}

void throw_stopped(Request const& request) {
  throw core::make_error<StoppedError>("stopped by the caller during " + what(request));
}

void throw_timed_out(Request const& request) {
  throw core::make_error<StoppedError>(
      "the time given to the call ended during " + what(request) + "; give it a longer timeout", {.timed_out = true});
}

void check_request(Request const& request) {
  auto const broken = [&](std::string const& reason) { throw_fall(request, {Fall::Kind::broken, reason}); };
  auto const scheme = request.url.substr(0, request.url.find("://"));
  if (origin_of(request.url).empty() || (scheme != "http" && scheme != "https"))
    broken("the address must begin with http:// or https://");
  if (!is_token(request.method)) broken("the method is not a word");
  for (auto const& [name, value] : request.headers) {
    if (!is_token(name)) broken("the header name '" + base::redact_text(name.substr(0, 64)) + "' is not a word");
    if (!is_one_line(value)) broken("the value of the header " + name + " is more than one line");
  }
}

bool has_no_body(Request const& request, int status) {
  return request.method == "HEAD" || status == 204 || status == 304;
}

}  // namespace azureml::http
