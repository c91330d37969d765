// The run history of the mocked service: records, labels and lists of runs.
#include "support/mock_service.hpp"
#include "support/mock_service_state.hpp"

#include <algorithm>

namespace azureml::test {

namespace {

constexpr std::size_t kPageSize = 2;

MockReply refused(std::string const& message) {
  return json_reply(json{{"error", {{"code", "UserError"}, {"message", message}, {"details", json::array()}}}}.dump(), 400);
}

json text_or_null(json const& properties, char const* name) {
  return properties.contains(name) && properties[name].is_string() ? properties[name] : json();
}

}  // namespace

json MockService::State::run_record(MockJob const& job) const {
  auto const& p = job.properties;
  auto const parent = text_or_null(p, "parentJobName");
  return {{"runNumber", 1774584206},
          {"rootRunId", parent.is_null() ? json(job.name) : parent},
          {"createdUtc", kCreated},
          {"runId", job.name},
          {"parentRunId", parent},
          {"status", job.status()},
          {"displayName", p.value("displayName", job.name)},
          {"name", nullptr},
          {"dataContainerId", "dcid." + job.name},
          {"description", text_or_null(p, "description")},
          {"hidden", p.value("isArchived", false)},
          {"runType", "azureml.scriptrun"},
          {"properties", p.value("properties", json::object())},
          {"tags", p.value("tags", json::object())},
          {"error", nullptr},
          {"warnings", nullptr}};
}

MockReply MockService::State::run_page(std::vector<MockJob const*> const& found, std::string const& token) const {
  // The first page is empty and not the last; two runs on each of the others, newest first.
  auto const begin = token.starts_with("page-") ? std::stoul(token.substr(5)) : 0;
  json page{{"value", json::array()}, {"continuationToken", nullptr}, {"nextLink", nullptr}};
  auto const end = token.empty() ? 0 : std::min(begin + kPageSize, found.size());
  for (auto i = begin; i < end; ++i) page["value"].push_back(run_record(*found[found.size() - 1 - i]));
  if (end < found.size()) page["continuationToken"] = "page-" + std::to_string(end);
  return json_reply(page.dump());
}

MockReply MockService::State::patch_run(MockRequest const& request, MockJob& job) {
  auto const body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return refused("no object");
  for (auto const& [name, value] : body.items()) {
    if (name == "tags") {
      for (auto const& [key, tag] : value.items()) job.properties["tags"][key] = tag;
    } else if (name == "properties") {
      for (auto const& [key, property] : value.items()) {
        auto& there = job.properties["properties"];
        if (there.contains(key) && there[key] != property) return refused("The property " + key + " cannot be changed.");
        there[key] = property;
      }
    } else if (name == "hidden") {
      job.properties["isArchived"] = value;
    } else if (name == "displayName" || name == "description") {
      job.properties[name] = value;
    } else {
      return refused("Could not find member '" + name + "' on object of type 'CreateRun'.");
    }
  }
  return json_reply(run_record(job).dump());
}

MockReply MockService::State::run_history(MockRequest const& request, std::string const& path) {
  auto parts = split(path);
  std::string experiment;
  if (parts.size() >= 2 && parts[0] == "experiments") {
    experiment = parts[1];
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  auto const experiment_of = [](MockJob const& job) { return job.properties.value("experimentName", "Default"); };
  if (parts.size() == 1 && parts[0] == "runs:query" && request.method == "POST") {
    std::vector<MockJob const*> found;
    for (auto const& job : jobs)
      if (experiment_of(job) == experiment) found.push_back(&job);
    if (found.empty()) return plane_not_found("Experiment " + experiment + " was not found");
    auto const body = json::parse(request.body, nullptr, false);
    return run_page(found, body.is_object() ? body.value("continuationToken", "") : "");
  }
  auto* job = parts.size() >= 2 && parts[0] == "runs" ? find_job(parts[1]) : nullptr;
  if (job == nullptr || (!experiment.empty() && experiment_of(*job) != experiment)) return plane_not_found("Run " + path + " was not found");
  if (parts.size() == 3 && parts[2] == "details" && request.method == "GET") return json_reply(details(*job).dump());
  if (parts.size() == 3 && parts[2] == "children" && request.method == "GET") {
    std::vector<MockJob const*> found;
    for (auto const& each : jobs)
      if (text_or_null(each.properties, "parentJobName") == job->name) found.push_back(&each);
    return run_page(found, request.parameter("$continuationtoken"));
  }
  if (parts.size() == 3 && parts[2] == "tags" && request.method == "DELETE") {
    auto const keys = json::parse(request.body, nullptr, false);
    if (!keys.is_array()) return refused("no list of tags");
    for (auto const& key : keys)
      if (job->properties.contains("tags")) job->properties["tags"].erase(key.get<std::string>());
    return json_reply(run_record(*job).dump());
  }
  if (parts.size() == 2 && request.method == "GET") return json_reply(run_record(*job).dump());
  if (parts.size() == 2 && request.method == "PATCH") return patch_run(request, *job);
  return plane_not_found("The mocked service has no " + request.method + " " + request.path);
}

}  // namespace azureml::test
