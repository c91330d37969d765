#include "engine/routes/conda_text.hpp"

#include "engine/routes/wire.hpp"

#include <yaml-cpp/yaml.h>

#include <charconv>

namespace azureml::engine::routes {
namespace {

constexpr std::size_t kYamlMax = 1 << 20;
/// Aliases can make a short text long.
constexpr std::size_t kJsonMax = 4 << 20;
constexpr std::size_t kDepthMax = 32;

std::string scalar(YAML::Node const& node) {
  auto const& text = node.Scalar();
  bool const plain = node.Tag() == "?";
  if (plain && (text == "null" || text == "~" || text == "true" || text == "false")) return text == "~" ? "null" : text;
  if (plain && !text.empty()) {
    auto const* const end = text.data() + text.size();
    long long whole = 0;
    if (auto const result = std::from_chars(text.data(), end, whole); result.ec == std::errc{} && result.ptr == end && std::to_string(whole) == text) {
      return text;
    }
    // A number such as 1.10 would lose its last digit: everything else stays a text.
  }
  return to_text(json(text));
}

class Writer {
 public:
  void write(YAML::Node const& node, std::size_t depth) {
    if (depth > kDepthMax) throw bad_request("The condaFile is nested deeper than " + std::to_string(kDepthMax) + " levels.");
    if (text.size() > kJsonMax) throw bad_request("The condaFile is too large when its aliases are replaced.");
    if (node.IsMap()) return block(node, depth, '{', '}');
    if (node.IsSequence()) return block(node, depth, '[', ']');
    text += node.IsScalar() ? scalar(node) : "null";
  }
  std::string text{};

 private:
  void block(YAML::Node const& node, std::size_t depth, char open, char close) {
    text += open;
    bool first = true;
    for (auto const& each : node) {
      text += first ? "\n" : ",\n";
      first = false;
      text.append((depth + 1) * 2, ' ');
      if (node.IsMap()) {
        text += to_text(json(each.first.IsScalar() ? each.first.Scalar() : std::string{})) + ": ";
        write(each.second, depth + 1);
      } else {
        write(each, depth + 1);
      }
    }
    if (!first) text.append("\n").append(depth * 2, ' ');
    text += close;
  }
};

}  // namespace

std::string conda_as_json(std::string const& yaml) {
  if (yaml.empty()) return {};
  if (yaml.size() > kYamlMax) throw bad_request("The condaFile is larger than 1 MiB.");
  YAML::Node root;
  try {
    root = YAML::Load(yaml);
  } catch (YAML::Exception const& error) {
    throw bad_request(std::string("The condaFile is not valid YAML: ") + error.what() + ".");
  }
  if (root.IsNull()) return {};
  if (!root.IsMap()) throw bad_request("The condaFile must be a mapping with 'dependencies'.");
  Writer writer;
  writer.write(root, 0);
  return std::move(writer.text);
}

}  // namespace azureml::engine::routes
