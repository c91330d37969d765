#pragma once
// What the replies of all service areas have in common: ids, times, the envelope of a resource, pages, parsing of bodies.
#include "engine/routes/exchange.hpp"
#include "engine/store/home.hpp"
#include "engine/store/store.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace azureml::engine::routes {

using nlohmann::json;

/// Text of a reply; bytes that are not UTF-8 are replaced.
std::string to_text(json const& value);
Reply json_reply(int status, json const& body);
/// `2026-03-27T04:02:32.7016980+00:00`
std::string wire_time(store::TimePoint time);
json wire_time(std::optional<store::TimePoint> const& time);  ///< null when there is none

/// `/subscriptions/…/workspaces/local`
std::string workspace_id();
std::string job_id(std::string const& name);
std::string compute_id(std::string const& name);
std::string code_id(std::string const& name, std::string const& version);
std::string environment_id(std::string const& name, std::string const& version);
std::string data_id(std::string const& name, std::string const& version);
/// The part of an ARM id beneath the workspace's, `{"codes", name, "versions", version}`; empty when it names another workspace or none.
std::vector<std::string> split_workspace_id(std::string_view id);

/// id, name, type (`Microsoft.MachineLearningServices/workspaces/<type>`), properties and systemData.
json envelope(std::string const& id, std::string const& name, std::string const& type, json properties, store::TimePoint created);
/// The address of a resource, for `Location`.
std::string resource_url(Request const& request, std::string const& id);
/// The request's own address with `$skip` set anew.
std::string next_link(Request const& request, std::string const& token);

std::string const& parameter(Request const& request, std::string const& name);
/// The body as an object. @throws ApiError 400
json parse_object(Request const& request);
/// A whole number in a query, within bounds. @throws ApiError 400
std::size_t number_in_query(Request const& request, std::string_view name, std::size_t fallback, std::size_t limit);
/// `wait=N` of a `Prefer` header, at most the longest the engine offers; zero when nothing is asked.
std::chrono::milliseconds wanted_wait(Request const& request, std::chrono::milliseconds limit);

/// Name of a job: a letter or digit, then letters, digits, `-`, `_`; at most 255.
bool is_job_name(std::string_view name) noexcept;
/// The same with `.`: codes and environments.
bool is_asset_name(std::string_view name) noexcept;

[[nodiscard]] ApiError bad_request(std::string message);
[[nodiscard]] ApiError not_found(std::string message, std::vector<std::string> inner);
[[nodiscard]] ApiError job_not_found(std::string const& name);
/// @throws ApiError 404
store::JobRecord find_job(store::Store& store, std::string const& name);

}  // namespace azureml::engine::routes
