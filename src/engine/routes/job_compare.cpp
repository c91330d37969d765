#include "engine/routes/job_data.hpp"
#include "engine/routes/job_input.hpp"
#include "engine/routes/wire.hpp"

#include <array>
#include <string_view>

namespace azureml::engine::routes {
namespace {

/// In the order in which a difference is looked for.
constexpr std::array<char const*, 12> kMembers{"experimentName", "command",   "environmentId", "codeId", "computeId",           "inputs",
                                               "outputs",        "distribution", "resources", "limits", "environmentVariables", "queueSettings"};
constexpr std::size_t kShownMax = 200;

/// A code is its content: uploaded anew under another name it is the same.
std::string content_of(std::string const& code_id, store::Store& store) {
  auto const parts = split_workspace_id(code_id);
  if (parts.size() != 4) return code_id;
  auto const code = store.find_code(parts[1], parts[3]);
  if (!code) return code_id;
  for (auto const* property : {"azureml-cpp.tree_sha256", "hash_sha256"}) {
    if (auto const found = code->properties.find(property); found != code->properties.end() && !found->second.empty()) {
      return std::string(property) + " " + found->second;
    }
  }
  return code_id;
}

void lower_case(json& object, char const* member) {
  if (object.contains(member) && object[member].is_string()) object[member] = base::to_lower_ascii(object[member].get<std::string>());
}

json canonical_resources(json const& definition) {
  json resources = definition.value("resources", json::object());
  if (!resources.contains("instanceCount")) resources["instanceCount"] = 1;
  if (!resources.contains("shmSize")) resources["shmSize"] = "2g";
  for (auto const* empty : {"properties", "dockerArgsList", "locations", "dockerArgs", "instanceType"}) {
    if (resources.contains(empty) && (resources[empty].empty() || resources[empty] == "")) resources.erase(empty);
  }
  lower_case(resources, "shmSize");
  return resources;
}

/// Values of variables may be secrets: only names are told.
std::string differing_variables(json const& before, json const& now) {
  for (auto const& [name, value] : now.items()) {
    if (before.value(name, json()) != value) return "the environment variable '" + name + "' (environmentVariables) has another value";
  }
  for (auto const& [name, value] : before.items()) {
    if (!now.contains(name)) return "the environment variable '" + name + "' (environmentVariables) is missing here";
  }
  return {};
}

std::string shown(json const& value) {
  auto text = value.is_string() ? value.get<std::string>() : value.is_null() ? std::string("absent") : to_text(value);
  if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "…";
  return text;
}

}  // namespace

json canonical_definition(json const& definition, std::string const& experiment, store::Store& store) {
  json canonical{{"experimentName", experiment}};
  canonical["command"] = text_member(definition, "command");
  canonical["environmentId"] = base::to_lower_ascii(text_member(definition, "environmentId"));
  if (auto const code = text_member(definition, "codeId"); !code.empty()) canonical["codeId"] = content_of(code, store);
  canonical["computeId"] = base::to_lower_ascii(text_member(definition, "computeId"));
  for (auto const* map : {"inputs", "outputs"}) {
    json values = definition.value(map, json::object());
    for (auto& value : values) {
      lower_case(value, "jobInputType");
      lower_case(value, "jobOutputType");
      value.erase("description");
      if (value.contains("assetName") && value["assetName"] == "") value.erase("assetName");
    }
    canonical[map] = std::move(values);
  }
  canonical["distribution"] = definition.value("distribution", json());
  if (canonical["distribution"].is_object()) lower_case(canonical["distribution"], "distributionType");
  canonical["resources"] = canonical_resources(definition);
  auto const limits = definition.value("limits", json::object());
  canonical["limits"] = text_member(limits, "timeout");
  canonical["environmentVariables"] = text_map(definition, "environmentVariables");
  auto const queue = definition.value("queueSettings", json::object());
  canonical["queueSettings"] = base::to_lower_ascii(text_member(queue, "jobTier", "Null"));
  // The same words for "the newest environment" are the same wish, whatever was registered in between.
  canonical["environmentIdSent"] = text_member(definition, "environmentIdSent");
  return canonical;
}

std::string first_difference(json const& existing, json const& wanted) {
  for (auto const* member : kMembers) {
    auto const before = existing.value(member, json()), now = wanted.value(member, json());
    if (before == now) continue;
    if (std::string_view(member) == "environmentId" && existing.value("environmentIdSent", "") == wanted.value("environmentIdSent", "")) continue;
    if (std::string_view(member) == "inputs" || std::string_view(member) == "outputs") {
      if (auto difference = differing_data(member, before, now); !difference.empty()) return difference;
      continue;
    }
    if (std::string_view(member) == "environmentVariables") return differing_variables(before, now);
    return std::string(member) + " is '" + shown(before) + "' there and '" + shown(now) + "' here";
  }
  return {};
}

std::string differing_resources(store::StringMap const& existing, store::StringMap const& wanted) {
  for (auto const* name : {runner::kUseGpu, runner::kCpus, runner::kGpus, runner::kMemory}) {
    auto const before = existing.find(name), now = wanted.find(name);
    auto const there = before == existing.end() ? json() : json(before->second), here = now == wanted.end() ? json() : json(now->second);
    if (there != here) return "properties." + std::string(name) + " is '" + shown(there) + "' there and '" + shown(here) + "' here";
  }
  return {};
}

}  // namespace azureml::engine::routes
