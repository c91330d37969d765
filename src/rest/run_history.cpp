#include "rest/requests.hpp"
#include "rest/rest.hpp"
#include "rest/run_errors.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace azureml::rest {

namespace {

constexpr std::chrono::seconds kMargin{100};

std::vector<std::string> read_warnings(Json const& details) {
  std::vector<std::string> result;
  for (auto const& warning : member(details, "warnings")) {
    auto message = warning.is_string() ? warning.get<std::string>() : text(warning, "message");
    if (!message.empty()) result.push_back(std::move(message));
  }
  return result;
}

std::string read_definition(Json const& details) {
  auto const& definition = member(details, "runDefinition");
  return definition.is_object() && !definition.empty() ? dump(definition) : std::string{};
}

Details read_details(Json const& answer, std::string_view what) {
  auto const& queue = member(answer, "queueingInfo");
  return {.run_id = required(answer, "runId", what),
          .target = text(answer, "target"),
          .status = required(answer, "status", what),
          .submitted_by = text(answer, "submittedBy"),
          .status_detail = text(queue, "message"),
          .run_definition = read_definition(answer),
          .start_time = time(answer, "startTimeUtc"),
          .end_time = time(answer, "endTimeUtc"),
          .error = read_run_error(member(answer, "error")),
          .warnings = read_warnings(answer),
          .properties = string_map(answer, "properties"),
          .tags = string_map(answer, "tags"),
          .log_files = string_map(answer, "logFiles"),
          .queue_position = integer(queue, "queuePosition"),
          .queue_length = integer(queue, "queueLength")};
}

}  // namespace

Details get_details(Connection const& connection, std::string const& api, std::string const& run_id,
                    Context const& context, std::optional<Hold> const& hold) {
  auto const what = "get the details of run '" + run_id + "'";
  auto request = get_request(plane_url(connection, api, "history/v1.0", "/runs/" + segment(run_id) + "/details"));
  if (hold) {
    auto const seconds = std::max<std::chrono::seconds>(std::chrono::duration_cast<std::chrono::seconds>(hold->wait),
                                                        std::chrono::seconds{1});
    request.headers["Prefer"] = "wait=" + std::to_string(seconds.count());
    request.headers["x-azureml-known-status"] = hold->known_status;
    request.attempt_timeout = kMargin + seconds;
  }
  return read_details(exchange(connection, std::move(request), what, context), what);
}

StringMap get_output_assets(Connection const& connection, std::string const& api, std::string const& run_id,
                            Context const& context) {
  auto const what = "get the outputs of run '" + run_id + "'";
  Json const body{
      {"runId", run_id}, {"selectRunMetadata", true}, {"selectRunDefinition", true}, {"selectJobSpecification", true}};
  auto const answer = exchange(
      connection, json_request("POST", plane_url(connection, api, "history/v1.0", "/rundata"), body), what, context);
  StringMap assets;
  auto const& outputs = member(member(answer, "runMetadata"), "outputs");
  if (!outputs.is_object()) return assets;
  for (auto const& [name, output] : outputs.items()) {
    if (auto id = text(output, "assetId"); !id.empty()) assets.emplace(name, std::move(id));
  }
  return assets;
}

std::string resolve_asset(Connection const& connection, std::string const& api, std::string const& asset_id,
                          Context const& context) {
  auto const what = "find the data of asset '" + asset_id + "'";
  auto const url = plane_url(connection, api, "data/v1.0", "/dataversion/batchGetResolvedUris");
  auto const answer =
      exchange(connection, json_request("POST", url, {{"values", Json::array({asset_id})}}), what, context);
  return text(member(member(answer, "values"), asset_id.c_str()), "uri");
}

}  // namespace azureml::rest
