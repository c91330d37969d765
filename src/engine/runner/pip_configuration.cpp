#include "engine/runner/pip_configuration.hpp"

#include "base/encoding.hpp"
#include "base/unique_fd.hpp"

#include <exception>
#include <sstream>
#include <string_view>

namespace azureml::engine::runner {
namespace {

std::string variable(std::vector<std::string> const& environment, std::string_view name) {
  for (auto const& entry : environment)
    if (entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=') return entry.substr(name.size() + 1);
  return {};
}

std::string trim(std::string const& text) {
  auto const begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

/// The values of `[global]` and `[install]`; a value may go on in indented lines.
void read_file(std::string const& path, std::map<std::string, std::string>& values) {
  std::string text;
  try {
    text = base::read_small_file(path, 1 << 20);
  } catch (std::exception const&) {
    return;  // most of the places have no file
  }
  std::istringstream lines(text);
  std::string section, last;
  for (std::string line; std::getline(lines, line);) {
    auto const content = trim(line);
    if (content.empty() || content[0] == '#' || content[0] == ';') continue;
    if (content.front() == '[' && content.back() == ']') {
      section = content.substr(1, content.size() - 2);
      last.clear();
    } else if ((line[0] == ' ' || line[0] == '\t') && !last.empty()) {
      values[last] += (values[last].empty() ? "" : " ") + content;
    } else if (auto const equals = content.find_first_of("=:"); equals != std::string::npos && (section == "global" || section == "install")) {
      last = base::to_lower_ascii(trim(content.substr(0, equals)));
      for (auto& c : last)
        if (c == '_') c = '-';
      values[last] = trim(content.substr(equals + 1));
    }
  }
}

bool is_true(std::string const& value) { return value == "1" || value == "true" || value == "yes" || value == "on"; }

}  // namespace

PipConfiguration read_pip_configuration(std::vector<std::string> const& environment) {
  std::map<std::string, std::string> values;
  auto const home = variable(environment, "HOME");
  auto const configured = variable(environment, "XDG_CONFIG_HOME");
  auto const named = variable(environment, "PIP_CONFIG_FILE");
  if (named != "/dev/null") {
    read_file("/etc/xdg/pip/pip.conf", values);
    read_file("/etc/pip.conf", values);
    if (!home.empty()) {
      read_file(home + "/.pip/pip.conf", values);
      read_file((configured.empty() ? home + "/.config" : configured) + "/pip/pip.conf", values);
    }
    if (!named.empty()) read_file(named, values);
  }
  auto const value = [&](std::string_view name, std::string const& key) {
    auto const set = variable(environment, name);
    return set.empty() ? values[key] : set;
  };
  return {.index_url = value("PIP_INDEX_URL", "index-url"),
          .extra_index_url = value("PIP_EXTRA_INDEX_URL", "extra-index-url"),
          .find_links = value("PIP_FIND_LINKS", "find-links"),
          .certificates = value("PIP_CERT", "cert"),
          .no_index = is_true(base::to_lower_ascii(value("PIP_NO_INDEX", "no-index")))};
}

std::vector<std::string> with_uv_variables(std::vector<std::string> environment, PipConfiguration const& pip) {
  auto const add = [&](std::string const& name, std::string value) {
    if (!value.empty() && variable(environment, name).empty()) environment.push_back(name + "=" + std::move(value));
  };
  if (variable(environment, "UV_DEFAULT_INDEX").empty()) add("UV_INDEX_URL", pip.index_url);
  if (variable(environment, "UV_INDEX").empty()) add("UV_EXTRA_INDEX_URL", pip.extra_index_url);
  auto links = pip.find_links;
  for (auto& c : links)
    if (c == ' ') c = ',';
  add("UV_FIND_LINKS", links);
  add("SSL_CERT_FILE", pip.certificates);
  if (pip.no_index) add("UV_NO_INDEX", "1");
  add("UV_NO_PROGRESS", "1");
  add("UV_PYTHON_DOWNLOADS", "never");
  add("NO_COLOR", "1");
  return environment;
}

std::string index_identity(std::vector<std::string> const& environment, PipConfiguration const& pip) {
  std::string result = pip.index_url + "\n" + pip.extra_index_url + "\n" + pip.find_links + "\n" + (pip.no_index ? "1" : "0");
  for (auto const* name : {"UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX"})
    result += "\n" + variable(environment, name);
  return result;
}

}  // namespace azureml::engine::runner
