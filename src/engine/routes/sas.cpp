#include "engine/routes/sas.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/time.hpp"

#include <array>
#include <optional>

namespace azureml::engine::routes {
namespace {

constexpr char kVersion[] = "2021-12-02";
/// The oldest version whose string to sign has the lines of `string_to_sign`.
constexpr char kVersionMin[] = "2020-12-06";
constexpr std::chrono::minutes kSkew{10};
constexpr std::chrono::hours kValidity{8};

struct Fields {
  std::string sp{}, st{}, se{}, spr{}, sv{}, sr{};
};

/// Lines the engine never uses (stored policy, addresses, scopes, overridden headers) stay empty; a request that sets one is refused.
std::string string_to_sign(Fields const& fields, std::string const& resource) {
  return fields.sp + "\n" + fields.st + "\n" + fields.se + "\n" + resource + "\n\n\n" + fields.spr + "\n" + fields.sv + "\n" + fields.sr +
         "\n\n\n\n\n\n\n";
}

std::string signature(store::Identity const& identity, std::string const& text) {
  auto const key = base::from_base64(identity.account_key);
  if (!key || key->empty()) throw ApiError{.status = 500, .code = "InternalError", .message = "The account key of this home is damaged."};
  return base::to_base64(base::hmac_sha256(*key, text));
}

std::string resource_of(std::string const& account, std::string const& container, std::string const& blob) {
  return "/blob/" + account + "/" + container + (blob.empty() ? "" : "/" + blob);
}

std::string seconds_only(std::chrono::system_clock::time_point time) { return base::to_iso8601(time).substr(0, 19) + "Z"; }

ApiError refused(std::string const& reason) {
  return {.status = 403,
          .code = "AuthenticationFailed",
          .message = "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including "
                     "the signature. " + reason};
}

/// One value for each name the engine signs; anything said twice, or a restriction it cannot check, is refused.
Fields read_fields(Request const& request, std::string& sig) {
  constexpr std::array<std::string_view, 17> kUnknown{"si",  "sip", "ses",   "ss",    "srt",   "skoid", "sktid", "skt", "ske",
                                                      "sks", "skv", "rscc",  "rscd",  "rsce",  "rscl",  "rsct",  "snapshot"};
  Fields fields;
  auto const take = [&](std::string_view name, std::string& into) {
    auto const range = request.query.equal_range(std::string(name));
    if (range.first == range.second) return;
    if (std::next(range.first) != range.second) throw refused("The parameter '" + std::string(name) + "' is given twice.");
    into = range.first->second;
  };
  take("sp", fields.sp);
  take("st", fields.st);
  take("se", fields.se);
  take("spr", fields.spr);
  take("sv", fields.sv);
  take("sr", fields.sr);
  take("sig", sig);
  for (auto const name : kUnknown) {
    if (request.query.contains(std::string(name))) {
      throw refused("The parameter '" + std::string(name) + "' is not used by the signatures of this engine.");
    }
  }
  return fields;
}

void check_times(Fields const& fields, std::chrono::system_clock::time_point now) {
  auto const expiry = base::from_iso8601(fields.se);
  if (!expiry) throw refused("The signature has no expiry time.");
  if (now >= *expiry) throw refused("Signature not valid in the specified time frame: expiry " + fields.se + ", now " + seconds_only(now) + ".");
  if (fields.st.empty()) return;
  auto const start = base::from_iso8601(fields.st);
  if (!start || now < *start) throw refused("Signature not valid in the specified time frame: start " + fields.st + ", now " + seconds_only(now) + ".");
}

struct Target {
  std::string account{}, container{}, blob{};
};

/// The router's captures: the very names the handler will use.
Target target_of(Request const& request) {
  auto const captured = [&](char const* name) {
    auto const found = request.parameters.find(name);
    return found == request.parameters.end() ? std::string{} : found->second;
  };
  return {captured("account"), captured("container"), captured("blob")};
}

/// Any of these letters suffices for the operation.
std::string needed_permission(Request const& request, Target const& target) {
  if (request.method == "DELETE") return "d";
  if (request.method == "PUT") {
    bool const creates_only = request.query_value("comp").empty() && request.header("If-None-Match") == "*";
    return creates_only ? "cw" : "w";
  }
  return target.blob.empty() ? "l" : "r";
}

}  // namespace

std::string sign_sas(store::Identity const& identity, SasGrant const& grant) {
  Fields const fields{.sp = grant.permissions,
                      .st = seconds_only(grant.start),
                      .se = seconds_only(grant.expiry),
                      .sv = kVersion,
                      .sr = grant.blob.empty() ? "c" : "b"};
  auto const sig = signature(identity, string_to_sign(fields, resource_of(identity.storage_account, grant.container, grant.blob)));
  return "sv=" + fields.sv + "&st=" + base::percent_encode(fields.st) + "&se=" + base::percent_encode(fields.se) + "&sr=" + fields.sr +
         "&sp=" + fields.sp + "&sig=" + base::percent_encode(sig);
}

std::string signed_url(std::string const& base_url, store::Identity const& identity, std::string const& container, std::string const& blob,
                       std::string const& permissions, std::chrono::system_clock::time_point now) {
  auto url = base_url + "/" + identity.storage_account + "/" + container;
  if (!blob.empty()) url += "/" + base::percent_encode(blob, "/");
  return url + "?" +
         sign_sas(identity, {.container = container, .blob = blob, .permissions = permissions, .start = now - kSkew, .expiry = now + kValidity});
}

void check_sas(Request const& request, store::Identity const& identity, std::chrono::system_clock::time_point now) {
  std::string sig;
  auto const fields = read_fields(request, sig);
  if (sig.empty()) throw refused("The address is not signed.");
  if (fields.sv.size() != 10 || fields.sv < kVersionMin) throw refused("The version '" + fields.sv + "' of the signature is not supported.");
  if (fields.sr != "b" && fields.sr != "c") throw refused("The kind of resource '" + fields.sr + "' is not supported.");
  auto const target = target_of(request);
  if (target.account != identity.storage_account || target.container.empty() || target.container.find('/') != std::string::npos ||
      (fields.sr == "b" && target.blob.empty())) {
    throw refused("The signature is not for this resource.");
  }
  auto const resource = resource_of(target.account, target.container, fields.sr == "b" ? target.blob : std::string{});
  if (!base::equal_in_constant_time(sig, signature(identity, string_to_sign(fields, resource)))) throw refused("Signature did not match.");
  check_times(fields, now);
  if (!fields.spr.empty() && fields.spr != "https,http" && !request.base_url.starts_with("https:")) {
    throw refused("The signature is for https alone.");
  }
  if (fields.sp.find_first_of(needed_permission(request, target)) == std::string::npos) {
    throw ApiError{.status = 403,
                   .code = "AuthorizationPermissionMismatch",
                   .message = "This request is not authorized to perform this operation using this permission."};
  }
}

}  // namespace azureml::engine::routes
