#include "core/packages.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <array>

namespace azureml::core {
namespace {

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string_view without_comment(std::string_view line) {
  if (line.starts_with('#')) return {};
  // As pip: a `#` within a word, as in `…#egg=name`, is no comment.
  for (auto at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
  }
  return line;
}

bool names_a_file(std::string_view line) {
  constexpr std::array<std::string_view, 6> kOptions{"-r", "-c", "-e", "--requirement", "--constraint", "--editable"};
  return line.starts_with("./") || line.starts_with("../") || line.starts_with('/') || line.starts_with("file:") ||
         line == "." || std::ranges::any_of(kOptions, [&](std::string_view option) {
           return line.starts_with(option) && (option.size() == 2 || line.size() == option.size() ||
                                               line[option.size()] == ' ' || line[option.size()] == '=');
         });
}

/// Where the version specifier of a plain requirement starts; npos when there is more than name and specifier.
std::size_t specifier_start(std::string_view requirement) {
  if (requirement.find_first_of("@;[ #") != std::string_view::npos || requirement.starts_with('-'))
    return std::string_view::npos;
  return std::min(requirement.find_first_of("=<>~!"), requirement.size());
}

bool fold_into(std::vector<std::string>& merged, std::string const& package) {
  auto const start = specifier_start(package);
  auto const name = package_name(package);
  for (auto& entry : merged) {
    if (entry == package) return true;
    if (name.empty() || package_name(entry) != name) continue;
    auto const entry_start = specifier_start(entry);
    if (start == std::string_view::npos || entry_start == std::string_view::npos) continue;
    if (start == package.size() || entry.substr(entry_start) == package.substr(start)) return true;
    entry += (entry_start == entry.size() ? "" : ",") + package.substr(start);
    return true;
  }
  return false;
}

}  // namespace

std::string package_name(std::string_view requirement) {
  requirement = trimmed(requirement);
  if (auto const channel = requirement.find("::"); channel != std::string_view::npos)
    requirement.remove_prefix(channel + 2);
  auto const end = requirement.find_first_of("[=|<>~!;@ \t");
  auto name = base::to_lower_ascii(requirement.substr(0, end));
  if (name.empty() || name.front() == '-' || name.find_first_of(":/") != std::string::npos) return {};
  std::string normal;
  for (char const c : name) {
    bool const separator = c == '-' || c == '_' || c == '.';
    if (!separator)
      normal += c;
    else if (!normal.ends_with('-'))
      normal += '-';
  }
  return normal;
}

bool has_package(std::vector<std::string> const& requirements, std::string_view name) {
  return std::ranges::any_of(requirements,
                             [&](std::string const& requirement) { return package_name(requirement) == name; });
}

std::vector<std::string> parse_requirements(std::string_view text, std::string const& field, Faults& faults) {
  std::vector<std::string> lines;
  std::string joined;
  int number = 0;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    auto const end = text.find('\n');
    auto line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    bool const continued = line.ends_with('\\') && !text.empty();
    if (line.ends_with('\\')) line.remove_suffix(1);
    joined += line;
    if (continued) continue;
    auto const whole = std::string(trimmed(without_comment(joined)));
    joined.clear();
    if (whole.empty()) continue;
    auto const where = "line " + std::to_string(number) + " ";
    if (names_a_file(whole)) {
      faults.add(field, where + "('" + whole + "') names a file, which is not there when the environment is built",
                 "write the packages themselves into the requirements file, or an address of the package");
    } else if (has_credentials(whole)) {
      faults.add(
          field,
          where + "has a password or token in an address, and everybody in the workspace can read an environment",
          "use an index that needs none");
    }
    lines.push_back(whole);
  }
  return lines;
}

std::vector<std::string> merge_requirements(std::vector<std::string> const& lines,
                                            std::vector<std::string> const& packages) {
  auto merged = lines;
  for (auto const& package : packages) {
    if (!fold_into(merged, package)) merged.push_back(package);
  }
  return merged;
}

bool has_credentials(std::string_view text) {
  for (auto at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
    auto const authority = text.substr(at + 3, text.substr(at + 3).find_first_of("/?# \t'\""));
    auto const user = authority.substr(0, authority.rfind('@'));
    if (user.size() == authority.size()) continue;
    // `ssh://git@host` names an account; with http a user alone may be a token, but for the organisation that Azure
    // DevOps writes there.
    auto const host = authority.substr(user.size() + 1);
    auto const before = text.substr(0, at);
    // `wasbs://container@account` has a container there.
    constexpr std::array<std::string_view, 5> kNamesOnly{"ssh", "wasb", "wasbs", "abfs", "abfss"};
    bool const name_only =
        std::ranges::any_of(kNamesOnly, [&](std::string_view scheme) { return before.ends_with(scheme); });
    bool const harmless =
        user.find(':') == std::string_view::npos && (name_only || user == "git" || host == "dev.azure.com");
    if (!harmless) return true;
  }
  return false;
}

}  // namespace azureml::core
