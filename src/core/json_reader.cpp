#include "core/json_reader.hpp"

#include <limits>

namespace azureml::core {
namespace {

bool fits_int(JsonReader::Json const& value) {
  auto const number = whole_number(value);
  return number && *number >= std::numeric_limits<int>::min() && *number <= std::numeric_limits<int>::max();
}

}  // namespace

std::optional<std::int64_t> whole_number(JsonReader::Json const& value) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  bool const fits = value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= kMax);
  return fits ? std::optional(value.get<std::int64_t>()) : std::nullopt;
}

JsonReader::Json const& JsonReader::none() {
  static Json const& kNone = *new Json(Json::object());
  return kNone;
}

JsonReader::JsonReader(Json const& object, std::string path, Faults& faults)
    : object_(object.is_object() ? object : none()), path_(std::move(path)), faults_(faults) {
  if (!object.is_object()) faults_.add(path_, "is not an object", "write { … } with its members");
}

JsonReader::Json const* JsonReader::find(char const* name) {
  known_.insert(name);
  auto const found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

void JsonReader::complain(std::string const& name, std::string const& expected) const {
  faults_.add(path_of(name), "is not " + expected, "write " + expected);
}

JsonReader::Json const* JsonReader::find_object(char const* name) {
  auto const* value = find(name);
  if (!value || value->is_object()) return value;
  complain(name, "an object");
  return nullptr;
}

JsonReader::Json const* JsonReader::find_array(char const* name) {
  auto const* value = find(name);
  if (!value || value->is_array()) return value;
  complain(name, "an array");
  return nullptr;
}

void JsonReader::read(char const* name, std::string& to) {
  auto const* value = find(name);
  if (!value) return;
  if (value->is_string())
    to = value->get<std::string>();
  else
    complain(name, "a text");
}

void JsonReader::read(char const* name, std::filesystem::path& to) {
  std::string text;
  read(name, text);
  if (!text.empty()) to = text;
}

void JsonReader::read(char const* name, int& to) {
  auto const* value = find(name);
  if (!value) return;
  if (fits_int(*value))
    to = value->get<int>();
  else
    complain(name, "a whole number");
}

void JsonReader::read(char const* name, bool& to) {
  auto const* value = find(name);
  if (!value) return;
  if (value->is_boolean())
    to = value->get<bool>();
  else
    complain(name, "true or false");
}

void JsonReader::read(char const* name, std::vector<std::string>& to) {
  auto const* list = find_array(name);
  if (!list) return;
  for (auto const& element : *list) {
    if (element.is_string())
      to.push_back(element.get<std::string>());
    else
      return complain(name, "an array of texts");
  }
}

void JsonReader::read(char const* name, std::vector<int>& to) {
  auto const* list = find_array(name);
  if (!list) return;
  for (auto const& element : *list) {
    if (fits_int(element))
      to.push_back(element.get<int>());
    else
      return complain(name, "an array of whole numbers");
  }
}

void JsonReader::read(char const* name, std::map<std::string, std::string>& to) {
  auto const* map = find_object(name);
  if (!map) return;
  for (auto const& [key, value] : map->items()) {
    if (value.is_string())
      to[key] = value.get<std::string>();
    else
      return complain(name, "an object of texts");
  }
}

void JsonReader::finish() const {
  for (auto const& [name, value] : object_.items()) {
    if (!known_.contains(name)) faults_.add(path_of(name), "is not known", "leave it out, or correct its spelling");
  }
}

}  // namespace azureml::core
