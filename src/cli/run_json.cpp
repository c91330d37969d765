#include "cli/run_json.hpp"

#include "base/time.hpp"

#include <nlohmann/json.hpp>

namespace azureml::cli {

namespace {

using json = nlohmann::ordered_json;

std::string text_of(json const& value) { return value.dump(2, ' ', false, json::error_handler_t::replace) + '\n'; }

json time_or_null(std::optional<std::chrono::system_clock::time_point> const& time) {
  return time ? json(base::to_iso8601(*time)) : json();
}

template <class T>
json or_null(std::optional<T> const& value) {
  return value ? json(*value) : json();
}

json failure_or_null(std::optional<RunFailure> const& failure) {
  if (!failure) return {};
  return {{"code", failure->code},
          {"message", failure->message},
          {"phase", failure->phase},
          {"exit_code", or_null(failure->exit_code)},
          {"signal", or_null(failure->signal)},
          {"rank", or_null(failure->rank)},
          {"last_output", failure->last_output}};
}

json record_of(RunDetails const& details) {
  json logs = json::array();
  for (auto const& [name, address] : details.log_files) logs.push_back(name);
  json definition = json::parse(details.run_definition, nullptr, false);
  if (definition.is_discarded()) definition = nullptr;
  json record = json::object();
  record["run_id"] = details.run_id;
  record["experiment_name"] = details.experiment_name;
  record["target"] = details.target;
  record["status"] = details.status.name();
  record["status_detail"] = details.status_detail;
  record["queue_position"] = or_null(details.queue_position);
  record["queue_length"] = or_null(details.queue_length);
  record["submitted_by"] = details.submitted_by;
  record["start_time_utc"] = time_or_null(details.start_time_utc);
  record["end_time_utc"] = time_or_null(details.end_time_utc);
  record["error"] = failure_or_null(details.error);
  record["warnings"] = details.warnings;
  record["tags"] = details.tags;
  record["properties"] = details.properties;
  record["log_files"] = std::move(logs);
  record["run_definition"] = std::move(definition);
  return record;
}

}  // namespace

std::string to_json_text(RunDetails const& details) { return text_of(record_of(details)); }

std::string to_json_text(RunDetails const& details, RunInfo const& info) {
  auto record = record_of(details);
  record["display_name"] = info.display_name;
  record["description"] = info.description;
  record["type"] = info.type;
  record["number"] = or_null(info.number);
  record["parent_run_id"] = info.parent_run_id.empty() ? json() : json(info.parent_run_id);
  record["created_utc"] = time_or_null(info.created_utc);
  record["is_archived"] = info.is_archived;
  return text_of(record);
}

std::string to_json_text(std::map<std::string, std::string> const& map) { return text_of(json(map)); }

std::string to_json_text(std::vector<Run> const& runs) {
  json list = json::array();
  for (auto const& run : runs)
    list.push_back({{"run_id", run.id()}, {"experiment_name", run.experiment_name()}, {"status", run.last_status().name()}});
  return text_of(list);
}

}  // namespace azureml::cli
