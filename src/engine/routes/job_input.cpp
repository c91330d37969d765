#include "engine/routes/job_input.hpp"

#include "base/time.hpp"
#include "engine/routes/computes.hpp"
#include "engine/routes/members.hpp"
#include "engine/routes/references.hpp"
#include "engine/routes/wire.hpp"

#include <algorithm>
#include <array>

namespace azureml::engine::routes {
namespace {

constexpr std::array<char const*, 6> kOtherKinds{"Pipeline", "Spark", "AutoML", "Sweep", "Labeling", "FineTuning"};
/// What decides what runs; everything else of a job is a label or read only.
constexpr std::array<char const*, 16> kDefinition{"jobType",      "command",       "environmentId", "codeId",   "computeId",           "environmentVariables",
                                                  "inputs",       "outputs",       "distribution",  "resources", "limits",             "queueSettings",
                                                  "identity",     "componentId",   "services",      "notificationSetting"};
constexpr std::array<char const*, 2> kExtras{"secretsConfiguration", "autologgerSettings"};

void check_kind(json const& properties) {
  auto const kind = text_member(properties, "jobType");
  for (auto const* other : kOtherKinds) {
    if (base::equal_ignoring_case(other, kind)) {
      throw bad_request(std::string("Jobs of the kind '") + other + "' are not supported by this engine yet; jobType must be 'Command'.");
    }
  }
}

bool is_parameter_name(std::string_view name) noexcept {
  auto const letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && name.size() <= 255 && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

void refuse_zero_bytes(std::string const& text, std::string const& member) {
  if (text.find('\0') != std::string::npos) throw bad_request("The member '" + member + "' has a zero byte, which no process can be given.");
}

void check_required(json const& properties) {
  for (auto const* name : {"command", "environmentId"}) {
    if (text_member(properties, name).empty()) {
      throw ApiError{.status = 400,
                     .message = "Request is invalid and/or missing fields.",
                     .inner = {"RequestInvalid"},
                     .details = {{"RequestInvalid", std::string("The ") + name + " field is required."}}};
    }
  }
}

void check_names_and_texts(json const& definition) {
  refuse_zero_bytes(definition.at("command").get<std::string>(), "command");
  for (auto const* map : {"inputs", "outputs"}) {
    if (!definition.contains(map)) continue;
    for (auto const& [name, value] : definition.at(map).items()) {
      if (!is_parameter_name(name)) {
        throw bad_request(std::string("The name '") + name + "' in '" + map + "' is not valid; it must be a letter or '_', then letters, digits and '_'.");
      }
      if (value.is_object()) refuse_zero_bytes(text_member(value, "value"), std::string(map) + "." + name);
    }
  }
  if (definition.contains("outputs") && definition.at("outputs").contains("default")) {
    throw bad_request("An output cannot be named 'default' (outputs.default): that name is the run's own folder.");
  }
  for (auto const& [name, value] : text_map(definition, "environmentVariables")) {
    if (name.empty() || name.find('=') != std::string::npos || name.find('\0') != std::string::npos) {
      throw bad_request("The name '" + name + "' in 'environmentVariables' is not valid; it must not be empty or contain '='.");
    }
    refuse_zero_bytes(value, "environmentVariables." + name);
  }
}

void check_limits(json const& definition) {
  if (!definition.contains("limits")) return;
  auto const text = text_member(definition.at("limits"), "timeout");
  if (text.empty()) return;
  auto const timeout = base::from_iso8601_duration(text);
  if (!timeout || timeout->count() <= 0) {
    throw bad_request("max_run_duration (limits.timeout) is '" + text + "'; it must be a duration of at least a second, such as PT10M.");
  }
}

json without_nulls(json const& value) {
  if (!value.is_object()) return value;
  auto kept = json::object();
  for (auto const& [name, each] : value.items()) {
    if (!each.is_null()) kept[name] = without_nulls(each);
  }
  return kept;
}

/// The services that the reply adds are no wish of the client that sends them back.
void drop_own_services(json& definition) {
  if (!definition.contains("services")) return;
  auto& services = definition["services"];
  for (auto const* own : {"Tracking", "Studio"}) services.erase(own);
  if (services.empty()) definition.erase("services");
}

std::optional<std::string> optional_text(json const& object, char const* name) {
  auto const found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

}  // namespace

std::string text_member(json const& object, char const* name, std::string fallback) {
  return optional_text(object, name).value_or(std::move(fallback));
}

store::StringMap text_map(json const& object, char const* name) {
  store::StringMap map;
  auto const found = object.find(name);
  if (found == object.end() || !found->is_object()) return map;
  for (auto const& [key, value] : found->items()) map[key] = value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
  return map;
}

WantedJob read_job(Request const& request, std::string const& name) {
  if (!is_job_name(name)) {
    throw bad_request("The job name '" + name + "' is not valid; it must begin with a letter or digit, go on with letters, digits, '-' and '_', and "
                      "have at most 255 characters.");
  }
  auto const body = parse_object(request);
  auto const found = body.find("properties");
  if (found == body.end() || !found->is_object()) throw bad_request("The body of a job needs an object 'properties'.");
  check_kind(*found);
  check_members(request.body, body, job_resource_type());
  check_required(*found);

  WantedJob job{.name = name};
  job.experiment = text_member(*found, "experimentName", "Default");
  if (job.experiment.empty()) job.experiment = "Default";
  job.display_name = optional_text(*found, "displayName");
  job.description = optional_text(*found, "description");
  if (auto const archived = found->find("isArchived"); archived != found->end() && archived->is_boolean()) job.archived = archived->get<bool>();
  job.tags = text_map(*found, "tags");
  job.properties = text_map(*found, "properties");
  job.definition = json::object();
  for (auto const* member : kDefinition) {
    if (auto const value = found->find(member); value != found->end() && !value->is_null()) job.definition[member] = without_nulls(*value);
  }
  for (auto const* member : kExtras) {
    if (auto const value = found->find(member); value != found->end() && !value->is_null()) job.definition[member] = *value;
  }
  job.definition["jobType"] = "Command";
  drop_own_services(job.definition);
  check_names_and_texts(job.definition);
  check_limits(job.definition);
  return job;
}

void resolve_references(WantedJob& job, store::Store& store, store::Identity const& identity) {
  auto const compute = text_member(job.definition, "computeId");
  if (!compute.empty()) {
    job.compute = find_compute(compute);
    job.definition["computeId"] = compute_id(job.compute);
  }
  if (auto const code = text_member(job.definition, "codeId"); !code.empty()) {
    auto const record = find_code(store, code);
    (void)code_location(record, store, identity);
    job.definition["codeId"] = code_id(record.name, record.version);
  }
  auto const environment = find_environment(store, text_member(job.definition, "environmentId"));
  job.definition["environmentIdSent"] = job.definition["environmentId"];
  job.definition["environmentId"] = environment_id(environment.name, environment.version);
}

}  // namespace azureml::engine::routes
