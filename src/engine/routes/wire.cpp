#include "engine/routes/wire.hpp"

#include "base/time.hpp"
#include "engine/routes/services.hpp"

#include <algorithm>
#include <charconv>

namespace azureml::engine::routes {
namespace {

constexpr char kProvider[] = "Microsoft.MachineLearningServices";

bool is_letter_or_digit(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_name(std::string_view name, std::string_view also) noexcept {
  if (name.empty() || name.size() > 255 || !is_letter_or_digit(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return is_letter_or_digit(c) || also.find(c) != also.npos; });
}

std::optional<std::size_t> to_number(std::string_view text) {
  std::size_t number = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// What is written again, or compared, is walked level by level: deeper than this no body of the service is, and no stack is exhausted.
constexpr std::size_t kDepthMax = 100;

/// How deep the objects and arrays of a JSON text lie in each other; for a text that is no JSON, some number.
std::size_t depth_of(std::string_view text) noexcept {
  std::size_t depth = 0, deepest = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char const c = text[at];
    if (in_string && c == '\\') ++at;
    else if (c == '"') in_string = !in_string;
    else if (!in_string && (c == '{' || c == '[')) deepest = std::max(deepest, ++depth);
    else if (!in_string && (c == '}' || c == ']') && depth > 0) --depth;
  }
  return deepest;
}

}  // namespace

std::string to_text(json const& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

Reply json_reply(int status, json const& body) {
  return {.status = status, .headers = {{"Content-Type", "application/json; charset=utf-8"}}, .body = to_text(body)};
}

std::string wire_time(store::TimePoint time) {
  auto text = base::to_iso8601(time);
  auto const nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(time - std::chrono::floor<std::chrono::microseconds>(time));
  text.back() = static_cast<char>('0' + nanoseconds.count() / 100);
  return text + "+00:00";
}

json wire_time(std::optional<store::TimePoint> const& time) {
  if (!time) return nullptr;
  return wire_time(*time);
}

std::string workspace_id() {
  return std::string("/subscriptions/") + kSubscription + "/resourceGroups/" + kResourceGroup + "/providers/" + kProvider + "/workspaces/" +
         kWorkspace;
}

std::string job_id(std::string const& name) { return workspace_id() + "/jobs/" + name; }
std::string compute_id(std::string const& name) { return workspace_id() + "/computes/" + name; }
std::string code_id(std::string const& name, std::string const& version) { return workspace_id() + "/codes/" + name + "/versions/" + version; }
std::string environment_id(std::string const& name, std::string const& version) {
  return workspace_id() + "/environments/" + name + "/versions/" + version;
}
std::string data_id(std::string const& name, std::string const& version) { return workspace_id() + "/data/" + name + "/versions/" + version; }

std::vector<std::string> split_workspace_id(std::string_view id) {
  auto const own = workspace_id() + "/";
  if (id.size() <= own.size() || !base::equal_ignoring_case(id.substr(0, own.size()), own)) return {};
  id.remove_prefix(own.size());
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= id.size();) {
    auto const end = std::min(id.find('/', begin), id.size());
    parts.emplace_back(id.substr(begin, end - begin));
    if (parts.back().empty()) return {};
    begin = end + 1;
  }
  return parts;
}

json envelope(std::string const& id, std::string const& name, std::string const& type, json properties, store::TimePoint created) {
  auto const time = wire_time(created);
  return {{"id", id},
          {"name", name},
          {"type", std::string(kProvider) + "/workspaces/" + type},
          {"properties", std::move(properties)},
          {"systemData",
           {{"createdAt", time},
            {"createdBy", "local"},
            {"createdByType", "User"},
            {"lastModifiedAt", time},
            {"lastModifiedBy", "local"},
            {"lastModifiedByType", "User"}}}};
}

std::string resource_url(Request const& request, std::string const& id) {
  return request.base_url + base::percent_encode(id, "/") + "?api-version=" + base::percent_encode(request.query_value("api-version"));
}

std::string next_link(Request const& request, std::string const& token) {
  auto link = request.base_url + base::percent_encode(request.path, "/:") + "?";
  for (auto const& [key, value] : request.query) {
    if (!base::equal_ignoring_case(key, "$skip")) link += base::percent_encode(key, "$") + "=" + base::percent_encode(value) + "&";
  }
  return link + "$skip=" + base::percent_encode(token);
}

std::string const& parameter(Request const& request, std::string const& name) { return request.parameters.at(name); }

json parse_object(Request const& request) {
  if (depth_of(request.body) > kDepthMax)
    throw bad_request("The body of the request is nested deeper than " + std::to_string(kDepthMax) + " levels.");
  auto body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) throw bad_request("The body of the request is not a JSON object.");
  return body;
}

std::size_t number_in_query(Request const& request, std::string_view name, std::size_t fallback, std::size_t limit) {
  auto const text = request.query_value(name);
  if (text.empty()) return fallback;
  auto const number = to_number(text);
  if (!number || *number == 0) throw bad_request("The query parameter '" + std::string(name) + "' is '" + text + "'; it must be a positive number.");
  return std::min(*number, limit);
}

std::chrono::milliseconds wanted_wait(Request const& request, std::chrono::milliseconds limit) {
  auto const text = base::to_lower_ascii(request.header("Prefer"));
  auto const at = text.find("wait=");
  if (at == std::string::npos) return {};
  auto const digits = std::string_view(text).substr(at + 5, text.find_first_not_of("0123456789", at + 5) - at - 5);
  auto const seconds = to_number(digits).value_or(0);
  return std::min<std::chrono::milliseconds>(limit, std::chrono::seconds(std::min<std::size_t>(seconds, 3600)));
}

bool is_job_name(std::string_view name) noexcept { return is_name(name, "-_"); }
bool is_asset_name(std::string_view name) noexcept { return is_name(name, "-_."); }

ApiError bad_request(std::string message) {
  return {.status = 400, .code = "UserError", .message = std::move(message), .inner = {"BadArgument"}};
}

ApiError not_found(std::string message, std::vector<std::string> inner) {
  return {.status = 404, .code = "UserError", .message = std::move(message), .inner = std::move(inner)};
}

ApiError job_not_found(std::string const& name) { return not_found("Job " + name + " not found.", {"NotFound", "JobNotFound"}); }

store::JobRecord find_job(store::Store& store, std::string const& name) {
  auto job = is_job_name(name) ? store.find_job(name) : std::nullopt;
  if (!job) throw job_not_found(name);
  return *std::move(job);
}

}  // namespace azureml::engine::routes
