#include "engine/front/dispatcher.hpp"

#include "base/encoding.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "engine/front/errors.hpp"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace azureml::engine::front {

using routes::ApiError;
using routes::Auth;
using routes::Plane;
using routes::Principal;
using routes::Reply;
using routes::Request;

namespace {

std::string without_hyphens(std::string uuid) {
  std::erase(uuid, '-');
  return uuid;
}

std::string one_of(routes::Headers const& headers, std::string_view name) {
  auto const at = headers.find(name);
  return at == headers.end() ? std::string{} : at->second;
}

ApiError not_authenticated(std::string code, std::string message, std::string const& base_url, bool has_token) {
  auto challenge = "Bearer authorization_uri=\"" + base_url + "\"";
  if (has_token) challenge += ", error=\"invalid_token\", error_description=\"" + message + "\"";
  return ApiError{.status = 401,
                  .code = std::move(code),
                  .message = std::move(message),
                  .headers = {{"WWW-Authenticate", std::move(challenge)}}};
}

ApiError expired_token(std::string const& base_url) {
  return not_authenticated("ExpiredAuthenticationToken", "The access token has expired.", base_url, true);
}

ApiError invalid_token(std::string const& base_url) {
  return not_authenticated("InvalidAuthenticationToken", "The access token is invalid.", base_url, true);
}

ApiError not_authorised(std::string const& run_id, Operation const& operation, std::string const& path) {
  return ApiError{.status = 403,
                  .code = "AuthorizationFailed",
                  .message = "The client '" + run_id + "' with object id '" + run_id +
                             "' does not have authorization to perform action '" + operation.name + "' over scope '" +
                             path + "' or the scope is invalid."};
}

/// `Bearer <token>` without the scheme; nothing for any other scheme.
std::string_view bearer_token(std::string_view header) {
  constexpr std::size_t kLength = 7;
  if (header.size() < kLength || !base::equal_ignoring_case(header.substr(0, kLength), "Bearer ")) return {};
  header.remove_prefix(kLength);
  while (header.starts_with(' ')) header.remove_prefix(1);
  return header;
}

/// In whose shape errors about a path are written that no route was found for.
Plane plane_of(Target const& target, std::string const& storage_account) {
  if (target.segments.empty()) return Plane::arm;
  auto const& first = target.segments.front();
  if (base::equal_ignoring_case(first, storage_account)) return Plane::blob;
  if (base::equal_ignoring_case(first, "engine")) return Plane::engine;
  return Plane::arm;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::string seconds_text(std::chrono::steady_clock::duration elapsed) {
  auto const milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
  auto fraction = std::to_string(milliseconds % 1000);
  return std::to_string(milliseconds / 1000) + '.' + std::string(3 - fraction.size(), '0') + fraction;
}

}  // namespace

Dispatcher::Dispatcher(DispatcherOptions options, Tokens const& tokens, base::Clock& clock, logging::Logger logger)
    : router_(std::move(options.operations), options.storage_account),
      hosts_(std::move(options.hosts)),
      check_sas_(std::move(options.check_sas)),
      run_state_(std::move(options.run_state)),
      storage_account_(std::move(options.storage_account)),
      tokens_(tokens),
      clock_(clock),
      logger_(std::move(logger)) {}

Exchange Dispatcher::unrouted() const {
  Exchange exchange;
  exchange.request_id = base::new_uuid();
  exchange.operation_id = without_hyphens(base::new_uuid());
  exchange.began = clock_.steady_now();
  return exchange;
}

Exchange Dispatcher::admit(RequestHead head) const {
  auto exchange = unrouted();
  auto& request = exchange.request;
  request.method = std::move(head.method);
  request.headers = std::move(head.headers);
  request.content_length = head.content_length;
  try {
    auto const host = one_of(request.headers, "Host");
    hosts_.check_host(host);
    hosts_.check_origin(one_of(request.headers, "Origin"));
    request.base_url = "http://" + host;
    request.raw_path = head.target.substr(0, head.target.find_first_of("?#"));
    auto target = parse_target(head.target);
    if (auto account = blob_account_of(host)) target.segments.insert(target.segments.begin(), std::move(*account));
    request.path = target.path();
    exchange.plane = plane_of(target, storage_account_);
    auto match = router_.match(request.method, target);
    if (match.operation != nullptr) exchange.plane = match.operation->plane;
    request.query = target.query;
    request.parameters = std::move(match.parameters);
    exchange.operation = match.operation;
    authenticate(exchange, target);
    if (exchange.plane != Plane::blob) check_scope(target);
    if (match.operation == nullptr) refuse_unmatched(request.method, target, match);
    if (exchange.plane == Plane::arm && request.query_value("api-version").empty()) {
      throw ApiError{.status = 400,
                     .code = "MissingApiVersionParameter",
                     .message = "The api-version query parameter (?api-version=) is required for all requests."};
    }
  } catch (...) {
    exchange.refusal = current_error(exchange);
    exchange.operation = nullptr;
  }
  return exchange;
}

void Dispatcher::authenticate(Exchange& exchange, Target const& target) const {
  auto& request = exchange.request;
  auto const* const operation = exchange.operation;
  auto const auth = operation != nullptr ? operation->auth : exchange.plane == Plane::blob ? Auth::none : Auth::bearer;
  if (auth == Auth::none) return;
  if (auth == Auth::sas) {
    check_sas_(request);
    request.headers.erase("Authorization");
    request.principal.kind = Principal::Kind::sas;
    return;
  }
  auto const header = one_of(request.headers, "Authorization");
  if (header.empty())
    throw not_authenticated("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.",
                            request.base_url, false);
  auto const check = tokens_.check(bearer_token(header), clock_.now());
  if (check.fault == TokenFault::expired) throw expired_token(request.base_url);
  if (check.fault != TokenFault::none) throw invalid_token(request.base_url);
  request.headers.erase("Authorization");  // Nothing behind this needs it, so nothing behind this can log it.
  if (check.claims.kind == TokenClaims::Kind::home) {
    request.principal.kind = Principal::Kind::home;
    return;
  }
  request.principal = {.kind = Principal::Kind::run, .run_id = check.claims.run_id};
  if (operation != nullptr && !run_may(*operation, request.method, target, check.claims.run_id))
    throw not_authorised(check.claims.run_id, *operation, request.path);
}

void Dispatcher::check_run_token(Exchange const& exchange) const {
  if (exchange.request.principal.kind != Principal::Kind::run) return;
  auto const state = run_state_(exchange.request.principal.run_id);
  if (!state.known) throw invalid_token(exchange.request.base_url);
  if (state.ended && clock_.now() > *state.ended + kRunTokenGrace) throw expired_token(exchange.request.base_url);
}

Reply Dispatcher::handle(Exchange const& exchange) const {
  try {
    check_run_token(exchange);
    return exchange.operation->handle(exchange.request);
  } catch (...) {
    return current_error(exchange);
  }
}

Dispatcher::Begun Dispatcher::begin_upload(Exchange const& exchange) const {
  Begun begun;
  try {
    check_run_token(exchange);
    begun.upload = exchange.operation->upload(exchange.request);
  } catch (...) {
    begun.refusal = current_error(exchange);
  }
  return begun;
}

Reply Dispatcher::commit(Exchange const& exchange, routes::Upload& upload) const {
  try {
    return exchange.operation->commit(upload);
  } catch (...) {
    return current_error(exchange);
  }
}

Reply Dispatcher::error(Exchange const& exchange, ApiError const& error) const {
  // What the front itself refuses, the service's front door refuses too: before any of its services is asked.
  auto const front_door = exchange.operation == nullptr || error.status == 401 || error.code == "AuthorizationFailed" ||
                          error.code == "MissingApiVersionParameter" || error.code == "SubscriptionNotFound" ||
                          error.code == "ResourceGroupNotFound" || error.code == "ResourceNotFound";
  return make_error_reply(exchange.plane, error,
                          {.operation_id = exchange.operation_id,
                           .request_id = without_hyphens(exchange.request_id),
                           .path = exchange.request.path,
                           .now = clock_.now(),
                           .front_door = front_door});
}

Reply Dispatcher::current_error(Exchange const& exchange) const {
  try {
    throw;
  } catch (ApiError const& fault) {
    return error(exchange, fault);
  } catch (std::system_error const& fault) {
    logger_.error("request " + exchange.request_id + " failed: " + fault.what());
    if (fault.code() == std::errc::no_space_on_device || fault.code().value() == EDQUOT) {
      return error(exchange,
                   {.status = 507,
                    .code = "InsufficientStorage",
                    .message = "The disk that holds the engine's home is full; make room on it and try again."});
    }
  } catch (std::exception const& fault) {
    auto const name = exchange.operation != nullptr ? exchange.operation->name : std::string{"no route"};
    logger_.error("request " + exchange.request_id + " (" + name + ") failed: " + fault.what());
  } catch (...) {
    logger_.error("request " + exchange.request_id + " failed with an exception of unknown type");
  }
  return error(exchange,
               {.status = 500,
                .code = exchange.plane == Plane::blob ? "InternalError" : "ServiceError",
                .message = "The engine failed to answer; its log (engine.log) has the cause under request id " +
                           exchange.request_id + ".",
                .inner = {"InternalError"}});
}

void Dispatcher::finish(Exchange const& exchange, Reply& reply) const {
  auto& headers = reply.headers;
  auto const& request = exchange.request;
  auto const elapsed = clock_.steady_now() - exchange.began;
  headers.try_emplace("Date", base::to_http_date(clock_.now()));
  headers.try_emplace("Server", "azureml-engine");
  headers.try_emplace("x-ms-request-id", exchange.request_id);
  headers.try_emplace("X-Content-Type-Options", "nosniff");
  auto const client_id = one_of(request.headers, "x-ms-client-request-id");
  auto const wants_id = exchange.plane == Plane::blob ||
                        base::equal_ignoring_case(one_of(request.headers, "x-ms-return-client-request-id"), "true");
  if (wants_id && !client_id.empty() && client_id.size() <= 256 && is_printable(client_id))
    headers.try_emplace("x-ms-client-request-id", client_id);
  if (exchange.plane == Plane::blob) {
    auto const version = one_of(request.headers, "x-ms-version");
    headers.try_emplace("x-ms-version",
                        !version.empty() && version.size() <= 32 && is_printable(version) ? version : "2021-12-02");
  } else {
    headers.try_emplace("Cache-Control", "no-cache");
    headers.try_emplace("Pragma", "no-cache");
    headers.try_emplace("Expires", "-1");
    if (!reply.body.empty()) headers.try_emplace("Content-Type", "application/json; charset=utf-8");
    if (exchange.plane != Plane::engine) {
      headers.try_emplace("x-ms-response-type", reply.status >= 400 ? "error" : "standard");
      headers.try_emplace("x-request-time", seconds_text(elapsed));
    }
    if (exchange.plane == Plane::arm) {
      headers.try_emplace("x-ms-correlation-request-id", exchange.request_id);
      headers.try_emplace("x-ms-routing-request-id",
                          "LOCAL:" + base::to_iso8601(clock_.now()) + ":" + exchange.request_id);
    }
  }
  if (logger_.enabled(logging::Level::debug)) {
    auto const name = exchange.operation != nullptr ? exchange.operation->name : std::string{"refused"};
    logger_.debug(request.method + ' ' + name + " -> " + std::to_string(reply.status) + " in " + seconds_text(elapsed) +
                  " s, request " + exchange.request_id);
  }
}

}  // namespace azureml::engine::front
