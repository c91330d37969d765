#include "snapshot/names.hpp"

#include "base/encoding.hpp"
#include "snapshot/lowercase.hpp"

#include <algorithm>

namespace azureml::snapshot {

namespace {
bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}
}  // namespace

std::string shown(std::string_view name) {
  bool const valid = is_valid_utf8(name);
  std::string text = "'";
  for (char const c : name) {
    if (is_control(c) || (static_cast<unsigned char>(c) >= 0x80 && !valid))
      text += "\\x" + base::to_hex({&c, 1});
    else
      text += c;
  }
  return text + "'";
}

bool is_fit_name(std::string_view name) noexcept {
  return is_valid_utf8(name) && std::none_of(name.begin(), name.end(), is_control);
}

std::string_view built_in_rule(std::string_view name) noexcept {
  if (name == ".git") return ".git";
  if (name.starts_with(".env")) return ".env*";
  return {};
}

std::string_view built_in_rule_of_path(std::string_view path) noexcept {
  while (!path.empty()) {
    auto const end = std::min(path.find('/'), path.size());
    if (auto const rule = built_in_rule(path.substr(0, end)); !rule.empty()) return rule;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return {};
}

}  // namespace azureml::snapshot
