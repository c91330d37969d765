#include "engine/front/tokens.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/uuid.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace azureml::engine::front {

using json = nlohmann::json;

namespace {

constexpr char kIssuer[] = "https://sts.windows.net/";
constexpr char kAudience[] = "https://management.azure.com";
constexpr std::size_t kTokenMax = 8 << 10;
constexpr char kHeader[] = R"({"alg":"HS256","typ":"JWT"})";

std::int64_t epoch(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

json common_claims(std::string const& home_id, std::string const& tenant, std::chrono::system_clock::time_point now,
                   std::chrono::seconds life) {
  return json{{"iss", kIssuer + tenant + "/"}, {"aud", kAudience},        {"iat", epoch(now)}, {"nbf", epoch(now)},
              {"exp", epoch(now + life)},      {"tid", tenant},           {"oid", home_id},    {"appid", home_id},
              {"scp", "user_impersonation"},   {"jti", base::new_uuid()}, {"ver", "1.0"}};
}

/// A JSON object out of one part of a token; null when it is none.
json parse_part(std::string_view part) {
  auto const text = base::from_base64url(part);
  if (!text) return nullptr;
  auto value = json::parse(*text, nullptr, false);
  return value.is_object() ? value : json(nullptr);
}

std::optional<std::int64_t> number(json const& object, char const* name) {
  auto const at = object.find(name);
  if (at == object.end() || !at->is_number_integer()) return std::nullopt;
  return at->get<std::int64_t>();
}

}  // namespace

Tokens::Tokens(store::Identity const& identity)
    : home_id_(identity.home_id), tenant_("00000000-0000-0000-0000-000000000000") {
  auto key = base::from_base64(identity.token_key);
  if (!key || key->size() < 32)
    throw std::runtime_error("the home's token key is damaged; stop the engine and make a new home");
  key_ = std::move(*key);
}

std::string Tokens::sign(std::string const& payload) const {
  auto text = base::to_base64url(kHeader) + '.' + base::to_base64url(payload);
  return text + '.' + base::to_base64url(base::hmac_sha256(key_, text));
}

std::string Tokens::home_token(std::chrono::system_clock::time_point now, std::chrono::seconds life) const {
  auto claims = common_claims(home_id_, tenant_, now, life);
  claims["azureml-cpp"] = {{"kind", "home"}};
  return sign(claims.dump());
}

std::string Tokens::run_token(std::string const& run_id, std::chrono::system_clock::time_point now,
                              std::chrono::seconds life) const {
  auto claims = common_claims(home_id_, tenant_, now, life);
  claims["azureml-cpp"] = {{"kind", "run"}, {"run_id", run_id}};
  return sign(claims.dump(-1, ' ', false, json::error_handler_t::replace));
}

TokenCheck Tokens::check(std::string_view token, std::chrono::system_clock::time_point now) const {
  if (token.size() > kTokenMax) return {.fault = TokenFault::malformed};
  auto const first = token.find('.');
  auto const second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return {.fault = TokenFault::malformed};
  auto const header = parse_part(token.substr(0, first));
  if (!header.is_object() || header.value("alg", json()) != "HS256") return {.fault = TokenFault::malformed};
  auto const signature = base::from_base64url(token.substr(second + 1));
  if (!signature || !base::equal_in_constant_time(*signature, base::hmac_sha256(key_, token.substr(0, second))))
    return {.fault = TokenFault::wrong_signature};
  auto const claims = parse_part(token.substr(first + 1, second - first - 1));
  if (!claims.is_object() || claims.value("aud", json()) != kAudience || claims.value("oid", json()) != home_id_)
    return {.fault = TokenFault::malformed};
  auto const expires = number(claims, "exp");
  auto const begins = number(claims, "nbf");
  auto const ours = claims.find("azureml-cpp");
  if (!expires || !begins || ours == claims.end() || !ours->is_object()) return {.fault = TokenFault::malformed};
  TokenCheck check;
  auto const kind = ours->value("kind", json());
  if (kind == "run") {
    auto const run_id = ours->value("run_id", json());
    if (!run_id.is_string() || run_id.get_ref<std::string const&>().empty()) return {.fault = TokenFault::malformed};
    check.claims.kind = TokenClaims::Kind::run;
    check.claims.run_id = run_id.get<std::string>();
  } else if (kind != "home") {
    return {.fault = TokenFault::malformed};
  }
  check.claims.expires = std::chrono::system_clock::time_point{std::chrono::seconds{*expires}};
  // A clock that was set back a little must not lock everyone out.
  constexpr std::int64_t kSkew = 300;
  if (*expires <= epoch(now) || *begins > epoch(now) + kSkew) check.fault = TokenFault::expired;
  return check;
}

}  // namespace azureml::engine::front
