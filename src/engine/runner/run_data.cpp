#include "engine/runner/run_data.hpp"

#include "engine/runner/run_failure.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

namespace azureml::engine::runner {
namespace {

using nlohmann::json;
constexpr std::string_view kSpecialInQuotes = "\"$`\\\n";
constexpr std::size_t kNameMax = 1024, kSegmentMax = 255;
constexpr std::array<char const*, 4> kInputKinds{"folder", "file", "web", "text"};
constexpr std::array<char const*, 3> kOutputKinds{"folder", "file", "text"};

std::string text_of(json const& object, char const* name) {
  auto const found = object.is_object() ? object.find(name) : object.end();
  if (found == object.end() || !found->is_string())
    throw std::runtime_error(std::string("'") + name + "' of a run's data is missing or no text");
  return found->get<std::string>();
}

template <class Kind, std::size_t N>
Kind kind_of(json const& object, std::array<char const*, N> const& words) {
  auto const word = text_of(object, "kind");
  auto const found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) throw std::runtime_error("the kind '" + word + "' of a run's data is not known");
  return static_cast<Kind>(found - words.begin());
}

bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

json to_json(DataInput const& input) {
  return {{"name", input.name},
          {"kind", kInputKinds.at(static_cast<std::size_t>(input.kind))},
          {"mount", input.mount},
          {"address", input.address},
          {"source", input.source}};
}

json to_json(DataOutput const& output) {
  return {{"name", output.name},
          {"kind", kOutputKinds.at(static_cast<std::size_t>(output.kind))},
          {"address", output.address},
          {"container", output.container},
          {"directory", output.directory},
          {"path", output.path},
          {"asset_name", output.asset_name},
          {"asset_type", output.asset_type}};
}

DataInput data_input_from(json const& object) {
  auto const mount = object.is_object() ? object.find("mount") : object.end();
  if (mount == object.end() || !mount->is_boolean())
    throw std::runtime_error("'mount' of a run's data is missing or neither true nor false");
  return {.name = text_of(object, "name"),
          .kind = kind_of<DataInput::Kind>(object, kInputKinds),
          .mount = mount->get<bool>(),
          .address = text_of(object, "address"),
          .source = text_of(object, "source")};
}

DataOutput data_output_from(json const& object) {
  return {.name = text_of(object, "name"),
          .kind = kind_of<DataOutput::Kind>(object, kOutputKinds),
          .address = text_of(object, "address"),
          .container = text_of(object, "container"),
          .directory = text_of(object, "directory"),
          .path = text_of(object, "path"),
          .asset_name = text_of(object, "asset_name"),
          .asset_type = text_of(object, "asset_type")};
}

std::string blob_name_fault(std::string const& name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kNameMax) return "it is longer than " + std::to_string(kNameMax) + " bytes";
  for (std::size_t begin = 0; begin <= name.size();) {
    auto const end = std::min(name.find('/', begin), name.size());
    auto const segment = std::string_view(name).substr(begin, end - begin);
    if (segment.empty() || segment == "." || segment == "..") return "it has the step '" + std::string(segment) + "'";
    if (segment.size() > kSegmentMax) return "a step of it is longer than " + std::to_string(kSegmentMax) + " bytes";
    begin = end + 1;
  }
  if (std::any_of(name.begin(), name.end(), is_control)) return "it has a control character";
  if (name.find('\\') != std::string::npos) return "it has a backslash";
  if (valid_utf8(name) != name) return "it is not UTF-8";
  return {};
}

std::string local_file_name(std::string const& path) {
  auto name = path.substr(path.rfind('/') + 1);
  for (auto& c : name)
    if (is_control(c) || kSpecialInQuotes.find(c) != std::string_view::npos) c = '_';
  name = valid_utf8(name);
  if (name.size() > kSegmentMax) {
    // The end holds what tells programs of which kind the file is.
    name = name.substr(name.size() - kSegmentMax);
    std::size_t cut = 0;
    while (cut < name.size() && (static_cast<unsigned char>(name[cut]) & 0xC0U) == 0x80U) ++cut;
    name.erase(0, cut);
  }
  return name.empty() || name == "." || name == ".." ? "data" : name;
}

bool stands_in_quotes(std::string const& text) noexcept {
  return text.find_first_of(kSpecialInQuotes) == std::string::npos;
}

}  // namespace azureml::engine::runner
