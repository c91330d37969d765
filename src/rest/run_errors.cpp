#include "rest/run_errors.hpp"

#include "rest/errors.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace azureml::rest {

namespace {

/// The service says how the user's process ended in a sentence only.
std::optional<int> exit_code_of(std::string_view message) {
  constexpr std::string_view kBefore = "exited with status code ";
  auto const found = message.find(kBefore);
  if (found == std::string_view::npos) return {};
  auto const rest = message.substr(found + kBefore.size());
  int code = 0;
  auto const [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), code);
  return problem == std::errc{} && end != rest.data() ? std::optional(code) : std::nullopt;
}

void read_cause(Json const& value, RunError& error) {
  error.phase = text(value, "phase");
  error.exit_code = integer(value, "exitCode");
  error.signal = integer(value, "signal");
  error.rank = integer(value, "rank");
  error.last_output = text(value, "lastOutput");
}

}  // namespace

std::optional<RunError> read_run_error(Json const& error) {
  auto const& body = member(error, "error").is_object() ? member(error, "error") : error;
  if (!body.is_object() || body.empty()) return {};
  auto const reading = read_error_object(body);
  RunError result{.code = reading.code, .message = reading.message, .inner_code = reading.inner_code};
  for (auto const& detail : reading.details) result.message += (result.message.empty() ? "" : "; ") + detail;
  bool caused = false;
  for (auto const& entry : member(body, "additionalInfo")) {
    if (text(entry, "type") != "azureml-cpp") continue;
    read_cause(member(member(entry, "info"), "value"), result);
    caused = true;
  }
  if (!caused) {
    result.exit_code = exit_code_of(result.message);
    if (result.exit_code) result.phase = "script";
  }
  if (result.code.empty() && result.message.empty()) return {};
  return result;
}

}  // namespace azureml::rest
