#pragma once
// What lists of asset versions and their containers have in common, whatever the asset is.
#include "engine/routes/wire.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

namespace azureml::engine::routes {

/// Applies `$orderBy` (createdtime, newest first unless `asc`), `listViewType` and `$top` to versions that come newest first.
template <class Record>
std::vector<Record> ordered_versions(Request const& request, std::vector<Record> versions) {
  auto const order = base::to_lower_ascii(request.query_value("$orderBy"));
  if (!order.empty() && order.find("createdtime") == order.npos) {
    throw bad_request("The order '" + order + "' ($orderBy) is not supported; it must be 'createdtime desc' or 'createdtime asc'.");
  }
  if (order.ends_with(" asc")) std::reverse(versions.begin(), versions.end());
  auto const view = base::to_lower_ascii(request.query_value("listViewType", "ActiveOnly"));
  if (view != "all") std::erase_if(versions, [&](Record const& each) { return each.archived != (view == "archivedonly"); });
  auto const top = number_in_query(request, "$top", versions.size(), versions.size());
  if (top < versions.size()) versions.resize(top);
  return versions;
}

/// The number after the highest numeric version; "1" when there is none.
template <class Record>
std::string next_version(std::vector<Record> const& versions) {
  unsigned long long highest = 0;
  for (auto const& each : versions) {
    unsigned long long number = 0;
    auto const* end = each.version.data() + each.version.size();
    auto const result = std::from_chars(each.version.data(), end, number);
    if (result.ec == std::errc{} && result.ptr == end) highest = std::max(highest, number);
  }
  return std::to_string(highest + 1);
}

/// `versions`: newest first, at least one.
template <class Record>
json container_resource(std::string const& type, std::string const& name, std::vector<Record> const& versions) {
  json properties{{"description", nullptr},
                  {"tags", json::object()},
                  {"properties", json::object()},
                  {"isArchived", false},
                  {"latestVersion", versions.front().version},
                  {"nextVersion", next_version(versions)},
                  {"provisioningState", "Succeeded"}};
  return envelope(workspace_id() + "/" + type + "/" + name, name, type, std::move(properties), versions.back().created);
}

}  // namespace azureml::engine::routes
