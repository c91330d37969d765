#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/time.hpp"
#include "engine/routes/sas.hpp"

#include <map>
#include <vector>

namespace azureml::engine::routes {
namespace {

constexpr std::string_view kScheme = "SharedKey ";
constexpr std::chrono::minutes kAgeMax{15};

ApiError refused(std::string const& reason) {
  return {.status = 403,
          .code = "AuthenticationFailed",
          .message =
              "Server failed to authenticate the request. Make sure the value of Authorization header is formed "
              "correctly including "
              "the signature. " +
              reason};
}

/// Blanks around a value do not count.
std::string trimmed(std::string const& text) {
  auto const first = text.find_first_not_of(" \t");
  return first == std::string::npos ? std::string{} : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string canonical_headers(Request const& request) {
  std::map<std::string, std::string> own;
  for (auto const& [name, value] : request.headers) {
    if (auto lower = base::to_lower_ascii(name); lower.starts_with("x-ms-"))
      own.emplace(std::move(lower), trimmed(value));
  }
  std::string text;
  for (auto const& [name, value] : own) text += name + ":" + value + "\n";
  return text;
}

/// The account, the path as it was sent, and each parameter on a line of its own.
std::string canonical_resource(Request const& request, std::string const& account) {
  auto text = "/" + account + request.raw_path;
  std::map<std::string, std::vector<std::string>> parameters;
  for (auto const& [name, value] : request.query) parameters[base::to_lower_ascii(name)].push_back(value);
  for (auto& [name, values] : parameters) {
    std::sort(values.begin(), values.end());
    text += "\n" + name + ":";
    for (std::size_t i = 0; i < values.size(); ++i) text += (i > 0 ? "," : "") + values[i];
  }
  return text;
}

std::string string_to_sign(Request const& request, std::string const& account) {
  auto text = request.method + "\n";
  for (auto const* name : {"Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type",
                           "Date", "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range"}) {
    auto value = request.header(name);
    if (std::string_view(name) == "Content-Length" && value == "0") value.clear();
    if (std::string_view(name) == "Date" && !request.header("x-ms-date").empty()) value.clear();
    text += value + "\n";
  }
  return text + canonical_headers(request) + canonical_resource(request, account);
}

void check_age(Request const& request, std::chrono::system_clock::time_point now) {
  auto const own = request.header("x-ms-date");
  auto const date = base::from_http_date(own.empty() ? request.header("Date") : own);
  if (!date) throw refused("The request has no date (x-ms-date).");
  if (*date < now - kAgeMax || *date > now + kAgeMax)
    throw refused("The date of the request is more than 15 minutes from now.");
}

}  // namespace

void check_shared_key(Request const& request, store::Identity const& identity,
                      std::chrono::system_clock::time_point now) {
  auto const header = request.header("Authorization");
  auto const colon = header.rfind(':');
  if (!header.starts_with(kScheme) || colon == std::string::npos) throw refused("The authorization is no SharedKey.");
  auto const account = header.substr(kScheme.size(), colon - kScheme.size());
  auto const captured = request.parameters.find("account");
  if (account != identity.storage_account || captured == request.parameters.end() || captured->second != account) {
    throw refused("The key is not that of this account.");
  }
  auto const key = base::from_base64(identity.account_key).value_or("");
  auto const wanted = base::to_base64(base::hmac_sha256(key, string_to_sign(request, account)));
  if (key.empty() || !base::equal_in_constant_time(trimmed(header.substr(colon + 1)), wanted))
    throw refused("Signature did not match.");
  check_age(request, now);
}

}  // namespace azureml::engine::routes
