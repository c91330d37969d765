#include "rest/json_reading.hpp"

#include "base/time.hpp"
#include "core/make_error.hpp"
#include "rest/errors.hpp"

#include <nlohmann/json.hpp>

#include <limits>

namespace azureml::rest {

namespace {

TransportError broken(std::string_view what, std::string const& reason) {
  return core::make_error<TransportError>("cannot " + std::string(what) + ": " + reason);
}

std::string as_text(Json const& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return dump(value);
  return {};
}

}  // namespace

Json parse_answer(http::Response const& response, std::string_view what) {
  Json result = Json::parse(response.body, nullptr, false);
  if (!result.is_object()) {
    throw broken(what, "the service answered " + std::to_string(response.status) + " with " + describe_body(response) +
                           " instead of a JSON object; check that the endpoint is the service's and not a proxy's");
  }
  return result;
}

Json const& member(Json const& object, char const* name) {
  static Json const kNull;
  if (!object.is_object()) return kNull;
  auto const found = object.find(name);
  return found == object.end() ? kNull : *found;
}

std::string text(Json const& object, char const* name) {
  return as_text(member(object, name));
}

bool flag(Json const& object, char const* name) {
  auto const& value = member(object, name);
  return value.is_boolean() && value.get<bool>();
}

std::optional<int> integer(Json const& object, char const* name) {
  auto const& value = member(object, name);
  if (!value.is_number_integer()) return {};
  auto const number = value.get<std::int64_t>();
  if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max()) return {};
  return static_cast<int>(number);
}

std::optional<TimePoint> time(Json const& object, char const* name) {
  auto const& value = member(object, name);
  return value.is_string() ? base::from_iso8601(value.get_ref<std::string const&>()) : std::nullopt;
}

StringMap string_map(Json const& object, char const* name) {
  StringMap result;
  auto const& map = member(object, name);
  if (!map.is_object()) return result;
  for (auto const& [key, value] : map.items()) {
    if (!value.is_null()) result.emplace(key, value.is_structured() ? dump(value) : as_text(value));
  }
  return result;
}

std::string required(Json const& object, char const* name, std::string_view what) {
  auto result = text(object, name);
  if (result.empty()) throw broken(what, std::string("the service's answer has no '") + name + "'");
  return result;
}

Json const& required_list(Json const& object, char const* name, std::string_view what) {
  auto const& result = member(object, name);
  if (!result.is_array()) throw broken(what, std::string("the service's answer has no list '") + name + "'");
  return result;
}

std::string dump(Json const& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace azureml::rest
