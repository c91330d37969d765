#include "engine/front/engine_routes.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "engine/front/lifecycle.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace azureml::engine::front {

using nlohmann::ordered_json;
using routes::ApiError;
using routes::Auth;
using routes::Plane;
using routes::Reply;
using routes::Request;

namespace {

constexpr int kProtocol = 1;
constexpr std::size_t kNonceMin = 32, kNonceMax = 128;  ///< 16 to 64 bytes in hexadecimal digits.

bool is_hex(std::string const& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
}

std::chrono::seconds age_of(Request const& request) {
  auto const text = request.query_value("older_than", "86400");
  if (text.empty() || text.size() > 10 || text.find_first_not_of("0123456789") != std::string::npos)
    throw ApiError{.status = 400, .code = "BadRequest", .message = "The parameter 'older_than' must be a number of seconds."};
  return std::chrono::seconds{std::stoll(text)};
}

/// Proves that this engine knows the home's key, before the client shows it a token.
Reply say_hello(Request const& request, std::string const& home_id, std::string const& key) {
  auto const nonce = request.query_value("nonce");
  if (nonce.size() < kNonceMin || nonce.size() > kNonceMax || !is_hex(nonce)) {
    throw ApiError{.status = 400,
                   .code = "BadRequest",
                   .message = "The parameter 'nonce' must be 16 to 64 random bytes in hexadecimal digits."};
  }
  ordered_json const body{{"home_id", home_id},
                          {"version", engine_version()},
                          {"protocol", kProtocol},
                          {"proof", base::to_hex(base::hmac_sha256(key, nonce))}};
  return Reply{.body = body.dump()};
}

}  // namespace

std::vector<Operation> engine_routes(store::Identity const& identity, EngineFacts facts) {
  auto key = base::from_base64(identity.hello_key);
  if (!key || key->empty())
    throw std::runtime_error("the home's hello key is damaged; restore identity.json or make a new home");
  std::vector<Operation> operations;
  operations.push_back({.name = "engine.hello",
                        .method = "GET",
                        .pattern = "/engine/v1/hello",
                        .plane = Plane::engine,
                        .auth = Auth::none,
                        .handle = [home_id = identity.home_id, key = *key](Request const& request) {
                          return say_hello(request, home_id, key);
                        }});
  operations.push_back({.name = "engine.status",
                        .method = "GET",
                        .pattern = "/engine/v1/status",
                        .plane = Plane::engine,
                        .auth = Auth::bearer,
                        .handle = [facts](Request const&) {
                          auto const uptime = std::chrono::duration_cast<std::chrono::seconds>(
                              std::chrono::steady_clock::now() - facts.started);
                          ordered_json const body{{"version", engine_version()},
                                                  {"protocol", kProtocol},
                                                  {"pid", ::getpid()},
                                                  {"uptime_seconds", uptime.count()},
                                                  {"active_runs", facts.active_runs()},
                                                  {"connections", facts.connections()}};
                          return Reply{.body = body.dump()};
                        }});
  operations.push_back({.name = "engine.stop",
                        .method = "POST",
                        .pattern = "/engine/v1/stop",
                        .plane = Plane::engine,
                        .auth = Auth::bearer,
                        .handle = [stop = facts.stop](Request const&) {
                          stop();
                          return Reply{.status = 202};
                        }});
  operations.push_back({.name = "engine.check",
                        .method = "GET",
                        .pattern = "/engine/v1/check",
                        .plane = Plane::engine,
                        .auth = Auth::bearer,
                        .handle = [check = std::move(facts.check)](Request const& request) {
                          bool const checksums = request.query_value("checksums", "true") == "true";
                          return Reply{.complete = [check, checksums](Reply& reply) { reply.body = check(checksums); }};
                        }});
  operations.push_back({.name = "engine.gc",
                        .method = "POST",
                        .pattern = "/engine/v1/gc",
                        .plane = Plane::engine,
                        .auth = Auth::bearer,
                        .handle = [collect = std::move(facts.collect)](Request const& request) {
                          bool const dry_run = request.query_value("dry_run", "true") != "false";
                          auto const age = age_of(request);
                          return Reply{.complete = [collect, dry_run, age](Reply& reply) { reply.body = collect(dry_run, age); }};
                        }});
  return operations;
}

}  // namespace azureml::engine::front
