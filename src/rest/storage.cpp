#include "rest/storage.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/time.hpp"
#include "core/make_error.hpp"
#include "rest/requests.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace azureml::rest {

namespace {

constexpr std::string_view kPublicCloud = "core.windows.net";
constexpr std::string_view kSasVersion = "2021-12-02";
constexpr std::string_view kSasServices = "b";
constexpr std::string_view kSasResourceTypes = "co";
constexpr std::string_view kSasPermissions = "rwlc";
constexpr auto kSasLife = std::chrono::hours(1);

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// The host of `host[:port]`; of an IPv6 address with its brackets.
std::string_view host_of(std::string_view endpoint) {
  if (endpoint.starts_with('[')) return endpoint.substr(0, endpoint.find(']') + 1);
  return endpoint.substr(0, endpoint.find(':'));
}

/// False for hosts below which an account cannot have a name of its own.
bool has_subdomains(std::string_view host) {
  if (host.starts_with('[') || host.find('.') == std::string_view::npos || host.ends_with(".localhost")) return false;
  return !std::ranges::all_of(host, [](char c) { return is_digit(c) || c == '.'; });
}

[[noreturn]] void refuse(DatastoreResource const& datastore, std::string field, std::string problem) {
  throw core::validation_error(
      "the datastore '" + datastore.name + "' cannot be reached",
      {{.field = std::move(field), .problem = std::move(problem), .remedy = "register it again with the right one"}});
}

bool is_name(std::string_view text, std::string_view more) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || more.find(c) != std::string_view::npos;
  });
}

/// `2026-03-27T04:02:32Z`: signatures have no fractions.
std::string sas_time(TimePoint time) {
  auto text = base::to_iso8601(std::chrono::floor<std::chrono::seconds>(time));
  auto const fraction = text.find('.');
  return fraction == std::string::npos ? text : text.substr(0, fraction) + "Z";
}

}  // namespace

std::string container_url(DatastoreResource const& datastore) {
  auto const& account = datastore.account_name;
  auto const endpoint = datastore.endpoint.empty() ? std::string(kPublicCloud) : datastore.endpoint;
  auto const protocol = datastore.protocol.empty() ? std::string("https") : base::to_lower_ascii(datastore.protocol);
  if (protocol != "https" && protocol != "http")
    refuse(datastore, "protocol", "'" + protocol + "' is neither https nor http");
  if (!is_name(account, "-"))
    refuse(datastore, "account_name", "'" + account + "' is not the name of a storage account");
  if (!is_name(endpoint, ".-:[]")) refuse(datastore, "endpoint", "'" + endpoint + "' is not a host");
  if (datastore.container_name.empty()) refuse(datastore, "container_name", "it has no container");
  auto const container = segment(datastore.container_name);
  if (has_subdomains(host_of(endpoint))) return protocol + "://" + account + ".blob." + endpoint + "/" + container;
  return protocol + "://" + endpoint + "/" + account + "/" + container;
}

std::string account_sas(std::string const& account, std::string const& key, bool https_only, TimePoint expiry) {
  auto const bytes = base::from_base64(key);
  if (!bytes || bytes->empty()) {
    throw core::validation_error("no signature can be made for the storage account '" + account + "'",
                                 {{.field = "account_key", .problem = "is not base64", .remedy = "copy it whole"}});
  }
  std::string const protocols = https_only ? "https" : "https,http";
  auto const end = sas_time(expiry);
  std::string signed_text;
  // No start: a clock that is behind would make a signature that is not valid yet.
  for (std::string_view const line :
       {std::string_view(account), kSasPermissions, kSasServices, kSasResourceTypes, std::string_view(),
        std::string_view(end), std::string_view(), std::string_view(protocols), kSasVersion, std::string_view()}) {
    signed_text.append(line).append("\n");
  }
  return "sv=" + std::string(kSasVersion) + "&ss=" + std::string(kSasServices) +
         "&srt=" + std::string(kSasResourceTypes) + "&sp=" + std::string(kSasPermissions) +
         "&se=" + base::percent_encode(end) + "&spr=" + base::percent_encode(protocols) +
         "&sig=" + base::percent_encode(base::to_base64(base::hmac_sha256(*bytes, signed_text)));
}

std::string signed_container_url(DatastoreResource const& datastore, StorageSecret const& secret, TimePoint now) {
  auto const url = container_url(datastore);
  if (!secret.sas_token.empty()) return url + "?" + secret.sas_token;
  return url + "?" + account_sas(datastore.account_name, secret.account_key, url.starts_with("https:"), now + kSasLife);
}

}  // namespace azureml::rest
