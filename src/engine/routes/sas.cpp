#include "engine/routes/sas.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/time.hpp"

#include <array>
#include <optional>

namespace azureml::engine::routes {
namespace {

constexpr char kVersion[] = "2021-12-02";
/// The oldest version whose string to sign has the lines of `string_to_sign`; that of an account had one less before.
constexpr char kVersionMin[] = "2020-12-06";
constexpr char kAccountVersionMin[] = "2015-04-05";
constexpr std::chrono::minutes kSkew{10};
constexpr std::chrono::hours kValidity{8};

struct Fields {
  std::string sp{}, st{}, se{}, spr{}, sv{}, sr{}, ss{}, srt{};
};

/// Lines the engine never uses (stored policy, addresses, scopes, overridden headers) stay empty; a request that sets one is refused.
std::string string_to_sign(Fields const& fields, std::string const& resource) {
  return fields.sp + "\n" + fields.st + "\n" + fields.se + "\n" + resource + "\n\n\n" + fields.spr + "\n" + fields.sv + "\n" + fields.sr +
         "\n\n\n\n\n\n\n";
}

std::string account_string_to_sign(Fields const& fields, std::string const& account) {
  return account + "\n" + fields.sp + "\n" + fields.ss + "\n" + fields.srt + "\n" + fields.st + "\n" + fields.se + "\n\n" + fields.spr + "\n" +
         fields.sv + "\n" + (fields.sv < kVersionMin ? "" : "\n");
}

std::string signature(std::string const& account_key, std::string const& text) {
  auto const key = base::from_base64(account_key);
  if (!key || key->empty()) throw ApiError{.status = 500, .code = "InternalError", .message = "The key of the storage account is damaged."};
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
  constexpr std::array<std::string_view, 16> kUnknown{"si",  "sip", "ses",  "skoid", "sktid", "skt",  "ske",      "sks",
                                                      "skv", "rscc", "rscd", "rsce",  "rscl",  "rsct", "snapshot", "versionid"};
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
  take("ss", fields.ss);
  take("srt", fields.srt);
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

bool lists(Request const& request, Target const& target) {
  return target.blob.empty() && (request.method == "GET" || request.method == "HEAD") &&
         base::equal_ignoring_case(request.query_value("comp"), "list");
}

/// Any of these letters suffices for the operation.
std::string needed_permission(Request const& request, Target const& target) {
  if (target.blob.empty()) return lists(request, target) ? "l" : request.method == "PUT" ? "cw" : request.method == "DELETE" ? "d" : "r";
  if (request.method == "DELETE") return "d";
  if (request.method == "PUT") {
    bool const creates_only = request.query_value("comp").empty() && request.header("If-None-Match") == "*";
    return creates_only ? "cw" : "w";
  }
  return "r";
}

ApiError mismatch(std::string code, std::string const& what) {
  return {.status = 403, .code = std::move(code), .message = "This request is not authorized to perform this operation using this " + what + "."};
}

void check_permission(Request const& request, Target const& target, Fields const& fields) {
  if (fields.sp.find_first_of(needed_permission(request, target)) == std::string::npos) {
    throw mismatch("AuthorizationPermissionMismatch", "permission");
  }
}

bool is_for_https_alone(Request const& request, Fields const& fields) {
  return !fields.spr.empty() && fields.spr != "https,http" && !request.base_url.starts_with("https:");
}

void check_account_sas(Request const& request, Target const& target, Fields const& fields, std::string const& sig, store::Identity const& identity,
                       std::chrono::system_clock::time_point now) {
  if (!fields.sr.empty()) throw refused("The signature is one of a resource and of an account at once.");
  if (fields.sv.size() != 10 || fields.sv < kAccountVersionMin) throw refused("The version '" + fields.sv + "' of the signature is not supported.");
  if (target.account != identity.storage_account) throw refused("The signature is not for this account.");
  auto const wanted = signature(identity.account_key, account_string_to_sign(fields, target.account));
  if (!base::equal_in_constant_time(sig, wanted)) throw refused("Signature did not match.");
  check_times(fields, now);
  if (is_for_https_alone(request, fields)) throw mismatch("AuthorizationProtocolMismatch", "protocol");
  if (fields.ss.find('b') == std::string::npos) throw mismatch("AuthorizationServiceMismatch", "service");
  if (fields.srt.find(target.blob.empty() ? 'c' : 'o') == std::string::npos) throw mismatch("AuthorizationResourceTypeMismatch", "resource type");
  check_permission(request, target, fields);
}

}  // namespace

std::string sign_sas(store::Identity const& identity, SasGrant const& grant) {
  Fields const fields{.sp = grant.permissions,
                      .st = seconds_only(grant.start),
                      .se = seconds_only(grant.expiry),
                      .sv = kVersion,
                      .sr = grant.blob.empty() ? "c" : "b"};
  auto const sig = signature(identity.account_key, string_to_sign(fields, resource_of(identity.storage_account, grant.container, grant.blob)));
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

std::string sign_account_sas(std::string const& account, std::string const& key, AccountGrant const& grant) {
  Fields const fields{.sp = grant.permissions,
                      .st = seconds_only(grant.start),
                      .se = seconds_only(grant.expiry),
                      .spr = grant.https_only ? "https" : "",
                      .sv = kVersion,
                      .ss = "b",
                      .srt = "co"};
  auto const sig = signature(key, account_string_to_sign(fields, account));
  return "sv=" + fields.sv + "&ss=" + fields.ss + "&srt=" + fields.srt + "&sp=" + fields.sp + "&st=" + base::percent_encode(fields.st) +
         "&se=" + base::percent_encode(fields.se) + (fields.spr.empty() ? "" : "&spr=" + fields.spr) + "&sig=" + base::percent_encode(sig);
}

void check_sas(Request const& request, store::Identity const& identity, std::chrono::system_clock::time_point now) {
  std::string sig;
  auto const fields = read_fields(request, sig);
  if (sig.empty()) throw refused("The address is not signed.");
  auto const target = target_of(request);
  if (target.container.empty() || target.container.find('/') != std::string::npos) throw refused("The signature is not for this resource.");
  if (!fields.ss.empty() || !fields.srt.empty()) return check_account_sas(request, target, fields, sig, identity, now);

  if (fields.sv.size() != 10 || fields.sv < kVersionMin) throw refused("The version '" + fields.sv + "' of the signature is not supported.");
  if (fields.sr != "b" && fields.sr != "c") throw refused("The kind of resource '" + fields.sr + "' is not supported.");
  if (target.account != identity.storage_account || (fields.sr == "b" && target.blob.empty())) {
    throw refused("The signature is not for this resource.");
  }
  auto const resource = resource_of(target.account, target.container, fields.sr == "b" ? target.blob : std::string{});
  if (!base::equal_in_constant_time(sig, signature(identity.account_key, string_to_sign(fields, resource)))) throw refused("Signature did not match.");
  check_times(fields, now);
  if (is_for_https_alone(request, fields)) throw refused("The signature is for https alone.");
  // Of a container itself, such a signature opens the list alone.
  if (target.blob.empty() && !lists(request, target)) throw mismatch("AuthorizationPermissionMismatch", "permission");
  check_permission(request, target, fields);
}

void check_blob_access(Request const& request, store::Identity const& identity, std::chrono::system_clock::time_point now) {
  constexpr std::string_view kScheme = "SharedKey ";
  if (request.header("Authorization").starts_with(kScheme)) return check_shared_key(request, identity, now);
  check_sas(request, identity, now);
}

}  // namespace azureml::engine::routes
