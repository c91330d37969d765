#include "engine/routes/computes.hpp"

#include "engine/routes/services.hpp"
#include "engine/routes/tables.hpp"
#include "engine/routes/wire.hpp"

#include <algorithm>

namespace azureml::engine::routes {
namespace {

std::optional<std::string> known_compute(std::string_view name) {
  for (auto const& each : compute_names()) {
    if (base::equal_ignoring_case(each, name)) return each;
  }
  return std::nullopt;
}

json cluster(std::string const& created) {
  return {{"vmSize", "LOCAL"},
          {"vmPriority", "Dedicated"},
          {"scaleSettings", {{"maxNodeCount", 1}, {"minNodeCount", 1}, {"nodeIdleTimeBeforeScaleDown", "PT2M"}}},
          {"subnet", nullptr},
          {"currentNodeCount", 1},
          {"targetNodeCount", 1},
          {"nodeStateCounts",
           {{"preparingNodeCount", 0},
            {"runningNodeCount", 0},
            {"idleNodeCount", 1},
            {"unusableNodeCount", 0},
            {"leavingNodeCount", 0},
            {"preemptedNodeCount", 0}}},
          {"allocationState", "Steady"},
          {"allocationStateTransitionTime", created},
          {"errors", nullptr},
          {"remoteLoginPortPublicAccess", "Disabled"},
          {"osType", "Linux"},
          {"virtualMachineImage", nullptr},
          {"isolatedNetwork", false},
          {"enableNodePublicIp", false},
          {"propertyBag", json::object()}};
}

/// Both computes are this machine and as old as time: they belong to the engine and were never made.
json compute_resource(std::string const& name) {
  auto const created = wire_time(store::TimePoint{});
  json properties{{"createdOn", created},
                  {"modifiedOn", created},
                  {"disableLocalAuth", true},
                  {"description", "This machine"},
                  {"resourceId", nullptr},
                  {"computeType", "AmlCompute"},
                  {"computeLocation", "local"},
                  {"provisioningState", "Succeeded"},
                  {"provisioningErrors", nullptr},
                  {"provisioningWarnings", json::object()},
                  {"isAttachedCompute", false},
                  {"properties", cluster(created)}};
  auto resource = envelope(compute_id(name), name, "computes", std::move(properties), store::TimePoint{});
  resource["location"] = "local";
  resource["tags"] = json::object();
  return resource;
}

Reply list(Request const&, Services&) {
  json body{{"value", json::array()}};
  for (auto const& name : compute_names()) body["value"].push_back(compute_resource(name));
  return json_reply(200, body);
}

Reply get(Request const& request, Services&) {
  auto const& name = parameter(request, "name");
  auto const known = known_compute(name);
  if (!known) throw not_found("The compute with name " + name + " was not found.", {"NotFound", "ComputeNotFound"});
  return json_reply(200, compute_resource(*known));
}

Reply refuse_change(Request const& request, Services&) {
  throw bad_request("The compute '" + parameter(request, "name") + "' cannot be created, changed or deleted: this engine has the computes 'local' and "
                    "'cpu-cluster' and does not support others yet.");
}

}  // namespace

std::vector<std::string> compute_names() { return {"local", "cpu-cluster"}; }

std::string find_compute(std::string_view id) {
  auto name = std::string(id);
  if (id.starts_with('/')) {
    auto const parts = split_workspace_id(id);
    bool const is_compute = parts.size() == 2 && base::equal_ignoring_case(parts[0], "computes");
    name = is_compute ? parts[1] : std::string(id);
  } else if (name.starts_with("azureml:")) {
    name = name.substr(8);
  }
  if (auto known = known_compute(name)) return *std::move(known);
  throw ApiError{.status = 400,
                 .code = "UserError",
                 .message = "Unknown compute target '" + name + "'.",
                 .inner = {"BadArgument", "UnknownTargetType"}};
}

void add_compute_routes(std::vector<Route>& table) {
  table.push_back({.operation = "computes.list", .method = "GET", .pattern = "{WS}/computes", .handle = list});
  table.push_back({.operation = "computes.get", .method = "GET", .pattern = "{WS}/computes/{name}", .handle = get});
  table.push_back({.operation = "computes.create_or_update", .method = "PUT", .pattern = "{WS}/computes/{name}", .handle = refuse_change});
  table.push_back({.operation = "computes.delete", .method = "DELETE", .pattern = "{WS}/computes/{name}", .handle = refuse_change});
}

}  // namespace azureml::engine::routes
