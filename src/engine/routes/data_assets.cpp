#include "engine/routes/data_references.hpp"
#include "engine/routes/job_input.hpp"
#include "engine/routes/members.hpp"
#include "engine/routes/services.hpp"
#include "engine/routes/tables.hpp"
#include "engine/routes/version_list.hpp"
#include "engine/routes/wire.hpp"

#include <algorithm>

namespace azureml::engine::routes {
namespace {

using runner::DataUri;

constexpr std::size_t kPageDefault = 100, kPageMax = 1000;
/// Ids of what a run reads and writes, as run history names it: no asset of that name is stored.
constexpr std::string_view kRunDataPrefix = "azureml_";
constexpr std::size_t kIdsMax = 1000;

json data_resource(store::DataRecord const& data) {
  json properties{{"description", data.description.empty() ? json() : json(data.description)},
                  {"tags", data.tags},
                  {"properties", data.properties},
                  {"isArchived", data.archived},
                  {"isAnonymous", data.anonymous},
                  {"dataType", data.type},
                  {"dataUri", data.uri}};
  return envelope(data_id(data.name, data.version), data.version, "data/versions", std::move(properties), data.created);
}

json data_container(std::string const& name, std::vector<store::DataRecord> const& versions) {
  auto resource = container_resource("data", name, versions);
  resource["properties"]["dataType"] = versions.front().type;
  resource["properties"].erase("provisioningState");
  resource["properties"]["isArchived"] =
      std::all_of(versions.begin(), versions.end(), [](auto const& each) { return each.archived; });
  return resource;
}

ApiError version_not_found(std::string const& name, std::string const& version) {
  return not_found("Data version " + name + ":" + version + " (dataContainerName:version) not found.",
                   {"NotFoundError"});
}

std::string const& checked_name(Request const& request) {
  auto const& name = parameter(request, "name");
  if (!is_asset_name(name)) {
    throw bad_request(
        "The data name '" + name +
        "' is not valid; it must begin with a letter or digit, go on with letters, digits, '-', '_' and '.', "
        "and have at most 255 characters.");
  }
  return name;
}

Reply list(Request const& request, Services& services) {
  auto const size = number_in_query(request, "$top", kPageDefault, kPageMax);
  auto const view = base::to_lower_ascii(request.query_value("listViewType", "ActiveOnly"));
  auto const after = request.query_value("$skip");
  json body{{"value", json::array()}};
  std::string last;
  for (auto const& name : services.store.list_data_names()) {
    if (name <= after) continue;
    auto resource = data_container(name, services.store.list_data_versions(name));
    if (view != "all" && resource.at("properties").at("isArchived").get<bool>() != (view == "archivedonly")) continue;
    if (body["value"].size() == size) {
      body["nextLink"] = next_link(request, last);
      break;
    }
    body["value"].push_back(std::move(resource));
    last = name;
  }
  return json_reply(200, body);
}

Reply get_container(Request const& request, Services& services) {
  auto const& name = checked_name(request);
  auto const versions = services.store.list_data_versions(name);
  if (versions.empty()) throw not_found("Data container " + name + " not found.", {"NotFoundError"});
  return json_reply(200, data_container(name, versions));
}

Reply list_versions(Request const& request, Services& services) {
  json body{{"value", json::array()}};
  for (auto const& data : ordered_versions(request, services.store.list_data_versions(checked_name(request)))) {
    body["value"].push_back(data_resource(data));
  }
  return json_reply(200, body);
}

Reply get_version(Request const& request, Services& services) {
  auto const& name = checked_name(request);
  auto const& version = parameter(request, "version");
  auto const data = services.store.find_data(name, version);
  if (!data) throw version_not_found(name, version);
  return json_reply(200, data_resource(*data));
}

/// As the service writes it: a host alone gets its slash, a folder loses its own.
std::string normalised(std::string uri) {
  auto const host = uri.find("://");
  bool const is_web = uri.starts_with("http://") || uri.starts_with("https://");
  if (is_web) return uri.find_first_of("/?", host + 3) == std::string::npos ? uri + "/" : uri;
  while (uri.ends_with('/') && !uri.ends_with("//")) uri.pop_back();
  return uri;
}

void check_uri(store::DataRecord const& data) {
  auto const what = "The data '" + data.name + "' version '" + data.version + "'";
  if (data.uri.empty()) throw bad_request(what + " needs a dataUri: where it is.");
  auto const uri = runner::parse_data_uri(data.uri);
  if (!uri) {
    throw bad_request(what + " has the dataUri '" + shown_address(data.uri) +
                      "', which is not valid; use azureml://datastores/<name>/paths/<path> or an http(s) address.");
  }
  if (uri->kind == DataUri::Kind::asset)
    throw bad_request(what + " has the dataUri '" + data.uri +
                      "', which is a data asset itself; name the data's own address.");
}

store::DataRecord read_data(Request const& request, Services const& services) {
  auto const body = parse_object(request);
  auto const found = body.find("properties");
  if (found == body.end() || !found->is_object())
    throw bad_request("The body of a data version needs an object 'properties'.");
  check_members(request.body, body, data_version_type());
  auto const flag = [&](char const* name) { return found->value(name, json()) == true; };
  store::DataRecord data{.name = checked_name(request),
                         .version = parameter(request, "version"),
                         .type = base::to_lower_ascii(text_member(*found, "dataType")),
                         .uri = normalised(text_member(*found, "dataUri")),
                         .description = text_member(*found, "description"),
                         .tags = text_map(*found, "tags"),
                         .properties = text_map(*found, "properties"),
                         .anonymous = flag("isAnonymous"),
                         .archived = flag("isArchived"),
                         .created = services.clock.now()};
  check_uri(data);
  return data;
}

Reply put_version(Request const& request, Services& services) {
  auto data = read_data(request, services);
  bool const added = services.store.add_data(data);
  if (!added) {
    auto const existing = services.store.find_data(data.name, data.version);
    if (!existing || existing->type != data.type || canonical_address(existing->uri) != canonical_address(data.uri)) {
      throw bad_request("Asset paths cannot be updated. The data '" + data.name + "' has a version '" + data.version +
                        "' with another path or type; register this one under a new version.");
    }
    services.store.update_data_labels(data);
    data = *services.store.find_data(data.name, data.version);
  }
  auto reply = json_reply(added ? 201 : 200, data_resource(data));
  if (added) reply.headers["Location"] = resource_url(request, data_id(data.name, data.version));
  return reply;
}

Reply delete_version(Request const& request, Services& services) {
  return {.status = services.store.remove_data(checked_name(request), parameter(request, "version")) ? 200 : 204};
}

/// `azureml_{run}_output_data_{name}` and `azureml_{run}_input_data_{name}`: both names may hold the words between
/// them.
std::optional<json> data_of_run(std::string const& name, store::Store& store) {
  if (!name.starts_with(kRunDataPrefix)) return std::nullopt;
  for (auto const& [words, member] : {std::pair("_output_data_", "outputs"), std::pair("_input_data_", "inputs")}) {
    for (auto at = name.find(words); at != std::string::npos; at = name.find(words, at + 1)) {
      if (at < kRunDataPrefix.size()) continue;
      auto const run = name.substr(kRunDataPrefix.size(), at - kRunDataPrefix.size());
      auto const job = is_job_name(run) ? store.find_job(run) : std::nullopt;
      if (!job) continue;
      auto const values = json::parse(job->definition).value(member, json::object());
      if (auto const found = values.find(name.substr(at + std::string_view(words).size())); found != values.end())
        return *found;
    }
  }
  return std::nullopt;
}

json resolved(std::string const& address, std::string const& type, store::Store& store) {
  auto const uri = runner::parse_data_uri(address);
  if (uri && uri->kind == DataUri::Kind::asset) {
    if (auto const data = find_data(store, *uri)) return resolved(data->uri, data->type, store);
  }
  return {{"uri", long_address(address)}, {"type", type}, {"legacyDatasetType", nullptr}};
}

Reply resolve_uris(Request const& request, Services& services) {
  auto const body = parse_object(request);
  auto const ids = body.value("values", json::array());
  if (!ids.is_array() || ids.size() > kIdsMax)
    throw bad_request("The member 'values' must be a list of at most " + std::to_string(kIdsMax) + " asset ids.");
  json reply{{"values", json::object()}};
  for (auto const& id : ids) {
    auto const text = id.is_string() ? id.get<std::string>() : std::string{};
    auto const uri = runner::parse_data_uri(text);
    if (!uri || uri->kind != DataUri::Kind::asset)
      throw bad_request("The asset id '" + shown_address(text) + "' (values) is not valid.");
    if (auto const of_run = data_of_run(uri->name, services.store)) {
      auto const type = text_member(*of_run, "jobOutputType", text_member(*of_run, "jobInputType"));
      reply["values"][text] = resolved(text_member(*of_run, "uri"), type, services.store);
      continue;
    }
    auto const data = find_data(services.store, *uri);
    if (!data) throw version_not_found(uri->name, uri->version);
    reply["values"][text] = resolved(data->uri, data->type, services.store);
  }
  return json_reply(200, reply);
}

}  // namespace

void add_data_routes(std::vector<Route>& table) {
  std::string const version = "{WS}/data/{name}/versions/{version}";
  table.push_back({.operation = "data.list", .method = "GET", .pattern = "{WS}/data", .handle = list});
  table.push_back({.operation = "data.get", .method = "GET", .pattern = "{WS}/data/{name}", .handle = get_container});
  table.push_back({.operation = "data_versions.list",
                   .method = "GET",
                   .pattern = "{WS}/data/{name}/versions",
                   .handle = list_versions});
  table.push_back({.operation = "data_versions.get", .method = "GET", .pattern = version, .handle = get_version});
  table.push_back(
      {.operation = "data_versions.create_or_update", .method = "PUT", .pattern = version, .handle = put_version});
  table.push_back(
      {.operation = "data_versions.delete", .method = "DELETE", .pattern = version, .handle = delete_version});
  table.push_back({.operation = "data_version.batch_get_resolved_uris",
                   .method = "POST",
                   .pattern = "/data/v1.0/{WS}/dataversion/batchGetResolvedUris",
                   .plane = Plane::data,
                   .handle = resolve_uris});
}

}  // namespace azureml::engine::routes
