#include "engine/front/access.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace azureml::engine::front {

using base::equal_ignoring_case;
using routes::ApiError;

namespace {

struct HostAndPort {
  std::string_view name{}, port{};
};

HostAndPort split(std::string_view host) {
  auto const bracket = host.rfind(']');  // An IPv6 address holds colons of its own.
  auto const colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return {host, {}};
  return {host.substr(0, colon), host.substr(colon + 1)};
}

bool ends_with_ignoring_case(std::string_view text, std::string_view suffix) {
  return text.size() > suffix.size() && equal_ignoring_case(text.substr(text.size() - suffix.size()), suffix);
}

bool is_loopback_name(std::string_view name) {
  return name == "127.0.0.1" || name == "[::1]" || equal_ignoring_case(name, "localhost") ||
         ends_with_ignoring_case(name, ".localhost");
}

bool is_own_artifact_path(Target const& target, std::string_view run_id) {
  auto const own = "dcid." + std::string{run_id};
  auto const& s = target.segments;
  for (std::size_t i = 0; i + 1 < s.size(); ++i) {
    if (equal_ignoring_case(s[i], "ExperimentRun")) return s[i + 1] == own;
  }
  return false;
}

bool is_own_run_path(Target const& target, std::string_view run_id) {
  auto const& s = target.segments;
  for (std::size_t i = 0; i + 1 < s.size(); ++i) {
    if (equal_ignoring_case(s[i], "runs")) return s[i + 1] == run_id;
  }
  return false;
}

}  // namespace

bool HostRules::is_ours(std::string_view host) const {
  auto const [name, port_text] = split(host);
  for (auto const& entry : allowed) {
    auto const [allowed_name, allowed_port] = split(entry);
    if (equal_ignoring_case(allowed_name, name) && (allowed_port.empty() || allowed_port == port_text)) return true;
  }
  return is_loopback_name(name) && port_text == std::to_string(port);
}

void HostRules::check_host(std::string_view host) const {
  if (host.empty()) throw ApiError{.status = 400, .code = "BadRequest", .message = "The request has no Host header."};
  if (is_ours(host)) return;
  throw ApiError{.status = 403,
                 .code = "HostNotAllowed",
                 .message = "This engine does not answer to the host '" + std::string{host.substr(0, 255)} +
                            "'; use 127.0.0.1 or localhost with its port, or start it with --allow-host."};
}

void HostRules::check_origin(std::string_view origin) const {
  if (origin.empty()) return;
  for (std::string_view const scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && is_ours(origin.substr(scheme.size()))) return;
  }
  throw ApiError{
      .status = 403,
      .code = "OriginNotAllowed",
      .message = "Requests from pages of the origin '" + std::string{origin.substr(0, 255)} + "' are not accepted."};
}

std::optional<std::string> blob_account_of(std::string_view host) {
  auto const name = split(host).name;
  auto const dot = name.find('.');
  if (dot == 0 || dot == std::string_view::npos) return std::nullopt;
  auto const rest = name.substr(dot + 1);
  if (rest.size() < 6 || !equal_ignoring_case(rest.substr(0, 5), "blob.")) return std::nullopt;
  return base::to_lower_ascii(name.substr(0, dot));
}

bool run_may(Operation const& operation, std::string_view method, Target const& target, std::string_view run_id) {
  auto const reads = method == "GET" || method == "HEAD";
  auto const pattern = base::to_lower_ascii(operation.pattern);
  if (operation.plane == routes::Plane::arm)
    return reads && (pattern == "{ws}" || pattern.starts_with("{ws}/environments"));
  if (operation.plane != routes::Plane::data || target.segments.empty()) return false;
  auto const& service = target.segments.front();
  if (reads && equal_ignoring_case(service, "discovery")) return true;
  if (equal_ignoring_case(service, "artifact")) return is_own_artifact_path(target, run_id);
  if (equal_ignoring_case(service, "history") || equal_ignoring_case(service, "metric"))
    return is_own_run_path(target, run_id);
  return false;
}

}  // namespace azureml::engine::front
