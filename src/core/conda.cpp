#include "core/conda.hpp"

#include "base/unique_fd.hpp"
#include "core/make_error.hpp"
#include "core/names.hpp"
#include "core/packages.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace azureml {
namespace core {
namespace {

constexpr std::string_view kPythonPin = "python=";

std::string at_line(YAML::Node const& node) {
  auto const mark = node.Mark();
  return mark.is_null() ? std::string{} : "line " + std::to_string(mark.line + 1) + ": ";
}

bool is_version(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9' &&
         text.find_first_not_of("0123456789.*") == std::string_view::npos;
}

class CondaReader {
 public:
  CondaReader(std::string const& field, Faults& faults) : field_(field), faults_(faults) {}

  CondaDependencies read(YAML::Node const& root) {
    if (!root.IsMap()) {
      complain("it is not a mapping with 'dependencies'");
      return {};
    }
    for (auto const& entry : root) read_member(entry.first, entry.second);
    if (!root["dependencies"]) complain("it has no 'dependencies'");
    return std::move(result_);
  }

 private:
  void complain(std::string problem) {
    faults_.add(field_, std::move(problem),
                "write a conda specification with name, channels, dependencies, prefix, variables");
  }

  void read_member(YAML::Node const& key, YAML::Node const& value) {
    auto const name = key.IsScalar() ? key.Scalar() : std::string{};
    if (name == "channels") {
      result_.channels = read_list(value, "channels");
    } else if (name == "dependencies") {
      read_dependencies(value);
    } else if (name == "variables") {
      read_variables(value);
    } else if (name != "name" && name != "prefix") {
      complain(at_line(key) + "'" + name + "' is no member of a conda specification");
    }
  }

  std::vector<std::string> read_list(YAML::Node const& list, std::string const& what) {
    std::vector<std::string> texts;
    if (list.IsNull()) return texts;
    if (!list.IsSequence()) {
      complain(at_line(list) + what + " is not a list");
      return texts;
    }
    for (auto const& element : list) {
      if (element.IsScalar() && !element.Scalar().empty())
        texts.push_back(element.Scalar());
      else
        complain(at_line(element) + "an element of " + what + " is not a text");
    }
    return texts;
  }

  void read_dependencies(YAML::Node const& list) {
    if (!list.IsSequence()) return complain(at_line(list) + "dependencies is not a list");
    for (auto const& element : list) {
      if (element.IsMap())
        read_pip(element);
      else if (element.IsScalar() && !element.Scalar().empty())
        add_package(element.Scalar());
      else
        complain(at_line(element) + "an element of dependencies is neither a package nor 'pip:' with a list");
    }
  }

  void read_pip(YAML::Node const& map) {
    for (auto const& entry : map) {
      if (!entry.first.IsScalar() || entry.first.Scalar() != "pip") {
        complain(at_line(entry.first) + "only 'pip:' may hold a list of its own");
        continue;
      }
      auto const packages = read_list(entry.second, "pip");
      result_.pip_packages.insert(result_.pip_packages.end(), packages.begin(), packages.end());
    }
  }

  void read_variables(YAML::Node const& map) {
    if (!map.IsMap()) return complain(at_line(map) + "variables is not a mapping");
    for (auto const& entry : map) {
      if (entry.first.IsScalar() && entry.second.IsScalar())
        result_.variables[entry.first.Scalar()] = entry.second.Scalar();
      else
        complain(at_line(entry.first) + "a variable is not a name and a text");
    }
  }

  void add_package(std::string const& package) {
    bool const plain_pin =
        package.starts_with(kPythonPin) && is_version(std::string_view(package).substr(kPythonPin.size()));
    if (plain_pin && result_.python_version.empty())
      result_.python_version = package.substr(kPythonPin.size());
    else
      result_.conda_packages.push_back(package);
  }

  std::string const& field_;
  Faults& faults_;
  CondaDependencies result_{};
};

/// A text as a YAML scalar that every reader takes for a string.
std::string yaml_text(std::string const& text) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  constexpr std::array<std::string_view, 11> kWords{"true", "false", "null", "yes",  "no", "on",
                                                    "off",  "y",     "n",    "none", "nan"};
  auto lower = text;
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  bool const plain = !text.empty() && kLetters.find(text.front()) != std::string_view::npos && text.back() != ':' &&
                     text.find_first_not_of(std::string(kLetters) + "0123456789.=<>!~+-/:*,[]@") == std::string::npos &&
                     std::ranges::find(kWords, lower) == kWords.end();
  if (plain) return text;
  std::string quoted = "\"";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (char const c : text) {
    if (c == '"' || c == '\\')
      quoted += std::string("\\") + c;
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      quoted += std::string("\\x") + kHex[(c >> 4) & 15] + kHex[c & 15];
    else
      quoted += c;
  }
  return quoted + "\"";
}

std::string list_item(std::string const& text, std::string_view indent) {
  return std::string(indent) + "- " + yaml_text(text) + "\n";
}

}  // namespace

CondaDependencies parse_conda(std::string const& text, std::string const& field, Faults& faults) {
  try {
    return CondaReader(field, faults).read(YAML::Load(text));
  } catch (YAML::Exception const& failure) {
    faults.add(field, "it is not YAML: line " + std::to_string(failure.mark.line + 1) + ": " + failure.msg,
               "mend the file");
    return {};
  }
}

std::string read_specification(std::filesystem::path const& file, std::string const& field, Faults& faults) {
  try {
    auto text = base::read_small_file(file, kSpecificationMax);
    if (is_plain_text(text)) return text;
    faults.add(field, "'" + file.string() + "' is not a text in UTF-8", "save it as UTF-8");
  } catch (std::length_error const&) {
    faults.add(field, "'" + file.string() + "' is larger than 1 MiB", "name the file with the packages");
  } catch (std::exception const& failure) {
    faults.add(field, "cannot read '" + file.string() + "': " + failure.what(),
               "name a file that exists and can be read");
  }
  return {};
}

}  // namespace core

CondaDependencies CondaDependencies::from_file(std::filesystem::path const& yaml) {
  core::Faults faults;
  auto const text = core::read_specification(yaml, yaml.string(), faults);
  auto result = faults.empty() ? core::parse_conda(text, yaml.string(), faults) : CondaDependencies{};
  if (!faults.empty())
    throw core::validation_error("cannot use the conda specification '" + yaml.string() + "'", faults.take());
  return result;
}

std::string CondaDependencies::to_yaml() const {
  std::string text = "channels:\n";
  if (channels.empty()) text += "- conda-forge\n";
  for (auto const& channel : channels) text += core::list_item(channel, "");
  text += "dependencies:\n";
  if (!python_version.empty())
    text += core::list_item("python=" + python_version, "");
  else if (!core::has_package(conda_packages, "python"))
    text += "- python\n";
  if (!core::has_package(conda_packages, "pip")) text += "- pip\n";
  for (auto const& package : conda_packages) text += core::list_item(package, "");
  if (!pip_packages.empty()) text += "- pip:\n";
  for (auto const& package : pip_packages) text += core::list_item(package, "  ");
  if (!variables.empty()) text += "variables:\n";
  for (auto const& [name, value] : variables)
    text += "  " + core::yaml_text(name) + ": " + core::yaml_text(value) + "\n";
  return text;
}

}  // namespace azureml
