#include "engine/routes/run_reply.hpp"

#include "engine/routes/files.hpp"
#include "engine/routes/job_data.hpp"
#include "engine/routes/job_input.hpp"
#include "engine/routes/sas.hpp"
#include "engine/routes/wire.hpp"

#include <cstdio>

namespace azureml::engine::routes {
namespace {

/// A run with more log files than these shows the first ones by name; the others are found by listing its artifacts.
constexpr std::size_t kLogFilesMax = 1000;

/// `hh:mm:ss.fffffff` as run history writes durations, with days in front when there are any.
std::string duration_text(std::chrono::system_clock::duration duration) {
  namespace chr = std::chrono;
  auto const seconds = std::max<std::int64_t>(0, chr::duration_cast<chr::seconds>(duration).count());
  auto const ticks = chr::duration_cast<chr::nanoseconds>(duration).count() / 100 % 10'000'000;
  char text[64];
  std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld.%07lld", static_cast<long long>(seconds / 3600 % 24),
                static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60), static_cast<long long>(std::max<std::int64_t>(0, ticks)));
  return seconds >= 86'400 ? std::to_string(seconds / 86'400) + "." + text : text;
}

json error_of(store::JobRecord const& job) {
  if (job.error.empty()) return nullptr;
  auto const stored = json::parse(job.error, nullptr, false);
  if (!stored.is_object()) return nullptr;
  auto const member = [&](char const* name) { return stored.value(name, json()); };
  json const facts{{"phase", member("phase")},   {"exitCode", member("exit_code")}, {"signal", member("signal")},
                   {"rank", member("rank")},     {"lastOutput", member("last_output")}};
  auto const code = text_member(stored, "code", "ServiceError");
  return {{"error",
           {{"code", code},
            {"severity", nullptr},
            {"message", text_member(stored, "message")},
            {"messageFormat", nullptr},
            {"messageParameters", nullptr},
            {"referenceCode", nullptr},
            {"detailsUri", nullptr},
            {"target", nullptr},
            {"details", json::array()},
            {"innerError", nullptr},
            {"debugInfo", nullptr},
            {"additionalInfo", json::array({{{"type", "azureml-cpp"}, {"info", {{"value", facts}}}}})}}},
          {"correlation", json::object()},
          {"environment", "local"},
          {"location", "local"},
          {"time", wire_time(job.ended.value_or(job.created))},
          {"componentName", "execution-worker"}};
}

json warnings_of(store::JobRecord const& job) {
  json warnings = json::array();
  for (auto const& warning : job.warnings) warnings.push_back({{"source", "azureml-cpp"}, {"message", warning}});
  return warnings;
}

/// The place is a member of its own beside the sentence: clients of the service leave out members they do not know.
json queueing_info(store::JobRecord const& job, Services const& services) {
  auto message = job.status_detail;
  json position, length;
  if (auto const [place, all] = services.runs.queue_place(job.name); place > 0 && !store::is_terminal(job.status)) {
    message = "Waiting for this machine: place " + std::to_string(place) + " of " + std::to_string(all) + " in the queue.";
    position = place;
    length = all;
  }
  if (message.empty()) return nullptr;
  return {{"code", job.status}, {"message", message}, {"lastRefreshTimestamp", wire_time(services.clock.now())}, {"queuePosition", position},
          {"queueLength", length}};
}

std::string target_of(json const& definition) {
  auto const id = text_member(definition, "computeId");
  return id.empty() ? "serverless" : id.substr(id.rfind('/') + 1);
}

json user(Services const& services) {
  return {{"userObjectId", services.identity.workspace_id}, {"userPuId", nullptr}, {"userIdp", nullptr}, {"userAltSecId", nullptr},
          {"userIss", nullptr}, {"userTenantId", kSubscription}, {"userName", "local"}, {"upn", nullptr}};
}

/// What Run and RunDetails have in common.
json common_members(store::JobRecord const& job, json const& definition, Services& services) {
  auto const experiment = services.store.ensure_experiment(job.experiment);
  auto const end = job.ended.value_or(services.clock.now());
  auto const changed = wire_time(job.ended ? *job.ended : job.started.value_or(job.created));
  auto const target = target_of(definition);
  return {{"runId", job.name},
          {"runUuid", job.name},
          {"rootRunId", job.name},
          {"rootRunUuid", job.name},
          {"parentRunId", nullptr},
          {"parentRunUuid", nullptr},
          {"runNumber", std::chrono::duration_cast<std::chrono::seconds>(job.created.time_since_epoch()).count()},
          {"experimentId", experiment.id},
          {"target", target},
          {"status", job.status},
          {"startTimeUtc", wire_time(job.started)},
          {"endTimeUtc", wire_time(job.ended)},
          {"lastStartTimeUtc", wire_time(job.started)},
          {"effectiveStartTimeUtc", wire_time(job.started)},
          {"currentComputeTime", job.started && !job.ended ? json(duration_text(end - *job.started)) : json("00:00:00")},
          {"computeDuration", job.started ? json(duration_text(end - *job.started)) : json()},
          {"duration", job.started ? json(duration_text(end - *job.started)) : json()},
          {"error", error_of(job)},
          {"warnings", warnings_of(job)},
          {"tags", job.tags},
          {"properties", job.properties},
          {"parameters", json::object()},
          {"services", json::object()},
          {"inputDatasets", json::array()},
          {"outputDatasets", json::array()},
          {"runDefinition", definition},
          {"revision", job.applied_seq},
          {"statusRevision", job.applied_seq},
          {"runTypeV2",
           {{"orchestrator", "Execution"}, {"traits", {"scriptRun", "remote"}}, {"attribution", "azureml.scriptrun"}, {"computeType", "AmlCompute"}}},
          {"settings", json::object()},
          {"computeRequest", {{"nodeCount", 1}, {"gpuCount", 0}}},
          {"compute",
           {{"target", target}, {"targetType", "AmlCompute"}, {"vmSize", nullptr}, {"instanceType", nullptr}, {"instanceCount", 1},
            {"gpuCount", nullptr}, {"priority", nullptr}, {"region", nullptr}, {"armId", nullptr}}},
          {"createdBy", user(services)},
          {"userId", services.identity.workspace_id},
          {"lastModifiedBy", user(services)},
          {"lastModifiedUtc", changed},
          {"queueingInfo", queueing_info(job, services)},
          {"inputs", run_inputs(job, definition, services.identity)},
          {"outputs", run_outputs(job, definition, services.identity)}};
}

json definition_of(store::JobRecord const& job) {
  auto definition = json::parse(job.definition, nullptr, false);
  if (!definition.is_object()) return json::object();
  definition.erase("environmentIdSent");
  for (auto const* map : {"inputs", "outputs"}) {
    if (!definition.contains(map)) continue;
    for (auto& value : definition[map]) value.erase("uriSent");
  }
  return definition;
}

json log_files(store::JobRecord const& job, Request const& request, Services& services) {
  json files = json::object();
  auto const root = services.home.artifacts(job.name);
  for (auto const* folder : {"azureml-logs/", "system_logs/", "user_logs/"}) {
    walk_files(root, folder, {}, [&](std::string const& name) {
      if (!name_fault(name).empty()) return true;
      files[name] = signed_url(request.base_url, services.identity, "azureml", "ExperimentRun/dcid." + job.name + "/" + name, "r", services.clock.now());
      return files.size() < kLogFilesMax;
    });
  }
  return files;
}

}  // namespace

json run_resource(store::JobRecord const& job, Services& services) {
  auto const definition = definition_of(job);
  auto run = common_members(job, definition, services);
  run.update(json{{"createdUtc", wire_time(job.created)},
                  {"token", nullptr},
                  {"cancelationReason", nullptr},
                  {"currentAttemptId", 1},
                  {"scheduleId", nullptr},
                  {"displayName", job.display_name.empty() ? job.name : job.display_name},
                  {"name", nullptr},
                  {"dataContainerId", "dcid." + job.name},
                  {"description", job.description.empty() ? json() : json(job.description)},
                  {"hidden", job.archived},
                  {"runType", "azureml.scriptrun"},
                  {"actionUris", json::object()},
                  {"scriptName", nullptr},
                  {"uniqueChildRunComputeTargets", json::array()},
                  {"jobSpecification", nullptr},
                  {"primaryMetricName", nullptr},
                  {"createdFrom", nullptr},
                  {"cancelUri", nullptr},
                  {"completeUri", nullptr},
                  {"diagnosticsUri", nullptr},
                  {"retainForLifetimeOfWorkspace", false}});
  return run;
}

json run_details(store::JobRecord const& job, Request const& request, Services& services) {
  auto const definition = definition_of(job);
  auto details = common_members(job, definition, services);
  details.update(json{{"createdTimeUtc", wire_time(job.created)},
                      {"logFiles", log_files(job, request, services)},
                      {"jobCost", nullptr},
                      {"submittedBy", "local"}});
  return details;
}

}  // namespace azureml::engine::routes
