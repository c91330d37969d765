#include "engine/routes/job_reply.hpp"

#include "engine/routes/job_data.hpp"
#include "engine/routes/job_input.hpp"
#include "engine/routes/services.hpp"
#include "engine/routes/wire.hpp"

namespace azureml::engine::routes {
namespace {

json service(char const* type, std::string endpoint) {
  return {{"jobServiceType", type}, {"port", nullptr},       {"endpoint", std::move(endpoint)}, {"status", nullptr},
          {"errorMessage", nullptr}, {"properties", nullptr}, {"nodes", nullptr}};
}

std::string host_of(std::string const& base_url) {
  auto const at = base_url.find("://");
  return at == std::string::npos ? base_url : base_url.substr(at + 3);
}

json services_of(store::JobRecord const& job, std::string const& base_url) {
  auto const workspace = std::string("?wsid=/subscriptions/") + kSubscription + "/resourcegroups/" + kResourceGroup + "/workspaces/" + kWorkspace;
  return {{"Tracking", service("Tracking", "azureml://" + host_of(base_url) + "/mlflow/v1.0" + workspace_id() + "?")},
          {"Studio", service("Studio", base_url + "/runs/" + job.name + workspace)}};
}

json resources_of(json const& definition) {
  json resources{{"instanceCount", 1}, {"instanceType", nullptr}, {"properties", nullptr},
                 {"shmSize", "2g"},    {"dockerArgs", nullptr},   {"dockerArgsList", nullptr}};
  if (definition.contains("resources")) resources.update(definition.at("resources"));
  return resources;
}

}  // namespace

json job_resource(store::JobRecord const& job, std::string const& base_url) {
  auto const definition = json::parse(job.definition, nullptr, false);
  auto const member = [&](char const* name) { return definition.is_object() ? definition.value(name, json()) : json(); };
  bool const on_compute = !text_member(definition, "computeId").empty();
  auto const sent = text_member(definition, "environmentIdSent");
  json properties{
      {"description", job.description.empty() ? json() : json(job.description)},
      {"tags", job.tags},
      {"properties", job.properties},
      {"parentJobName", nullptr},
      {"displayName", job.display_name.empty() ? job.name : job.display_name},
      {"status", job.status},
      {"experimentName", job.experiment},
      {"services", services_of(job, base_url)},
      {"computeId", member("computeId")},
      {"isArchived", job.archived},
      {"identity", member("identity")},
      {"componentId", member("componentId")},
      {"notificationSetting", nullptr},
      {"jobType", job.job_type},
      {"resources", resources_of(definition)},
      {"codeId", member("codeId")},
      {"command", member("command")},
      {"environmentId", sent.empty() ? member("environmentId") : json(sent)},
      {"inputs", shown_inputs(definition)},
      {"outputs", shown_outputs(definition)},
      {"distribution", member("distribution")},
      {"limits", member("limits")},
      {"environmentVariables", text_map(definition, "environmentVariables")},
      {"parameters", json::object()},
      {"queueSettings", {{"jobTier", on_compute ? "Null" : "Standard"}}},
  };
  return envelope(job_id(job.name), job.name, "jobs", std::move(properties), job.created);
}

}  // namespace azureml::engine::routes
