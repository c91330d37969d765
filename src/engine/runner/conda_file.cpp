#include "engine/runner/conda_file.hpp"

#include "base/encoding.hpp"
#include "engine/runner/conda_names.hpp"
#include "engine/runner/run_failure.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

namespace azureml::engine::runner {
namespace {

constexpr std::size_t kSpecificationMax = 1 << 20;
constexpr std::size_t kRequirementsMax = 2000;

[[noreturn]] void invalid(std::string const& why) {
  throw RunFailure({.code = "EnvironmentSpecificationInvalid",
                    .message = "The environment's conda specification cannot be used: " + why,
                    .phase = "environment"});
}

std::string trim(std::string const& text) {
  auto const begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

struct CondaPackage {
  std::string name{}, version{};
};

/// `channel::name[ version][=build]` in its usual spellings.
CondaPackage split_package(std::string text) {
  text = trim(text);
  if (auto const channel = text.rfind("::"); channel != std::string::npos) text = text.substr(channel + 2);
  auto const end = text.find_first_of(" =<>!~[");
  CondaPackage package{base::to_lower_ascii(trim(text.substr(0, end))), end == std::string::npos ? "" : trim(text.substr(end))};
  return package;
}

void add_pip_lines(YAML::Node const& list, PackageRequest& request) {
  static constexpr std::array<std::string_view, 6> kAllowed{"--index-url", "--extra-index-url", "-i", "--find-links", "-f", "--pre"};
  for (auto const& item : list) {
    if (!item.IsScalar()) invalid("an entry of 'pip:' is not a text");
    auto const line = trim(item.as<std::string>());
    if (line.empty() || line.starts_with('#')) continue;
    if (line.find('\n') != std::string::npos) invalid("an entry of 'pip:' has several lines");
    if (line.starts_with('-')) {
      auto const option = line.substr(0, line.find_first_of(" ="));
      if (std::find(kAllowed.begin(), kAllowed.end(), option) == kAllowed.end())
        invalid("'pip:' holds the option '" + option + "', which is not supported here; list the packages themselves");
    } else if (line.find("==") == std::string::npos || line.find('*') != std::string::npos) {
      request.pinned = false;
    }
    request.requirements.push_back(line);
  }
}

void add_conda_package(std::string const& text, PackageRequest& request, std::vector<std::string>& unknown) {
  auto const package = split_package(text);
  if (package.name.empty()) invalid("an entry of 'dependencies' is empty");
  std::string version;
  try {
    version = pip_version(package.version);
  } catch (std::invalid_argument const& error) {
    invalid("the version of '" + text + "' " + error.what());
  }
  if (package.name == "python") {
    request.python = version;
    return;
  }
  if (package.name == "pip") return;  // each environment is filled by the tool at hand
  auto const name = pypi_name(package.name);
  if (!name) {
    unknown.push_back(package.name);
    return;
  }
  auto const requirement = std::string(*name) + version;
  if (version.find("==") == std::string::npos || version.find('*') != std::string::npos) request.pinned = false;
  request.requirements.push_back(requirement);
  request.notes.push_back("conda package '" + trim(text) + "' is installed from PyPI as '" + requirement + "'");
}

std::vector<int> numbers(std::string const& version) {
  std::vector<int> result;
  std::istringstream parts(version);
  for (std::string part; std::getline(parts, part, '.') && result.size() < 8;) {
    if (part.empty() || part.find_first_not_of("0123456789") != std::string::npos || part.size() > 8) break;
    result.push_back(std::stoi(part));
  }
  return result;
}

}  // namespace

std::string pip_version(std::string const& conda_version) {
  auto text = conda_version;
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t'; });
  if (text.empty() || text == "*") return {};
  if (text.find('|') != std::string::npos) throw std::invalid_argument("holds '|', which pip has not; name one range");
  if (text.find('[') != std::string::npos) throw std::invalid_argument("holds '[', which is not supported here");
  std::string result;
  std::istringstream conditions(text);
  for (std::string condition; std::getline(conditions, condition, ',');) {
    if (condition.empty()) continue;
    auto const begin = condition.find_first_not_of("=<>!~");
    if (begin == std::string::npos) throw std::invalid_argument("has an operator without a number");
    auto const operation = condition.substr(0, begin);
    auto version = condition.substr(begin);
    // A build string (`1.4=py39_0`) has no meaning outside conda.
    version = version.substr(0, version.find('='));
    if (version.empty() || version.find_first_of("<>!~") != std::string::npos) throw std::invalid_argument("cannot be read");
    if (!result.empty()) result += ',';
    bool const star = version.ends_with('*');
    if (operation == "=") {
      if (star) {
        while (version.ends_with('*') || version.ends_with('.')) version.pop_back();
      }
      result += "==" + version + ".*";
    } else if (operation.empty() || operation == "==") {
      result += "==" + version;
    } else if (operation == "<" || operation == "<=" || operation == ">" || operation == ">=" || operation == "!=" || operation == "~=") {
      result += operation + version;
    } else {
      throw std::invalid_argument("has the unknown operator '" + operation + "'");
    }
  }
  return result;
}

bool meets(std::string const& version, std::string const& conditions) {
  auto const have = numbers(version);
  std::istringstream list(conditions);
  for (std::string condition; std::getline(list, condition, ',');) {
    auto const begin = condition.find_first_not_of("=<>!~");
    if (begin == std::string::npos) continue;
    auto const operation = condition.substr(0, begin);
    auto const wanted = numbers(condition.substr(begin));
    auto const prefix = wanted.size() <= have.size() && std::equal(wanted.begin(), wanted.end(), have.begin());
    auto const less = std::lexicographical_compare(have.begin(), have.end(), wanted.begin(), wanted.end());
    bool fits = true;
    if (operation == "==") fits = prefix;
    if (operation == "!=") fits = !prefix;
    if (operation == ">=") fits = !less;
    if (operation == ">") fits = !less && !prefix;
    if (operation == "<") fits = less;
    if (operation == "<=") fits = less || prefix;
    if (operation == "~=") fits = !less && wanted.size() > 1 && std::equal(wanted.begin(), wanted.end() - 1, have.begin());
    if (!fits) return false;
  }
  return true;
}

PackageRequest read_conda_file(std::string const& yaml) {
  if (yaml.size() > kSpecificationMax) invalid("it is larger than 1 MiB");
  PackageRequest request;
  std::vector<std::string> unknown;
  try {
    auto const root = YAML::Load(yaml);
    if (root.IsNull()) return request;
    if (!root.IsMap()) invalid("it is not a mapping with 'dependencies'");
    auto const dependencies = root["dependencies"];
    if (dependencies && !dependencies.IsSequence() && !dependencies.IsNull()) invalid("'dependencies' is not a list");
    bool conda_names = false;
    for (auto const& item : dependencies) {
      if (item.IsScalar()) {
        add_conda_package(item.as<std::string>(), request, unknown);
        conda_names = !request.notes.empty();
      } else if (item.IsMap() && item["pip"]) {
        if (!item["pip"].IsSequence() && !item["pip"].IsNull()) invalid("'pip' is not a list");
        add_pip_lines(item["pip"], request);
      } else {
        invalid("an entry of 'dependencies' is neither a package nor a 'pip' list");
      }
    }
    if (conda_names && root["channels"]) request.notes.emplace_back("the channels of the conda specification are not used: its packages come from PyPI");
  } catch (YAML::Exception const& error) {
    invalid(std::string("it is not valid YAML (") + error.what() + ")");
  }
  if (!unknown.empty()) {
    std::string names;
    for (auto const& name : unknown) names += (names.empty() ? "'" : ", '") + name + "'";
    throw RunFailure({.code = "EnvironmentPackageUnknown",
                      .message = "The conda package" + std::string(unknown.size() > 1 ? "s " : " ") + names +
                                 " cannot be installed here: there is no conda on this machine, and it is not known which package of PyPI is the "
                                 "same project. Put it under 'pip:' by its name on PyPI.",
                      .phase = "environment"});
  }
  if (request.requirements.size() > kRequirementsMax) invalid("it lists more than 2000 packages");
  return request;
}

}  // namespace azureml::engine::runner
