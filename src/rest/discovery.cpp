#include "rest/requests.hpp"
#include "rest/rest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace azureml::rest {

namespace {
/// Longer than any sensible hold, short enough for every clock.
constexpr int kHoldMillisecondsMax = 10 * 60 * 1000;
}  // namespace

Discovery get_discovery(Connection const& connection, std::string const& discovery_url, Context const& context) {
  constexpr std::string_view kWhat = "ask the workspace where its services are";
  auto request = get_request(discovery_url);
  // The document is public, and the token is for the services it names.
  request.auth = http::AuthKind::none;
  auto const answer = exchange(connection, std::move(request), kWhat, context);
  Discovery result{.api = required(answer, "api", kWhat), .studio = text(answer, "studio")};
  auto const& capabilities = member(answer, "azureml-cpp");
  if (auto const wait = integer(capabilities, "followWaitMs"); wait && *wait > 0) {
    result.follow_wait = std::chrono::milliseconds(std::min(*wait, kHoldMillisecondsMax));
  }
  result.connections = flag(capabilities, "connections");
  result.job_secrets = flag(capabilities, "jobSecrets");
  return result;
}

}  // namespace azureml::rest
