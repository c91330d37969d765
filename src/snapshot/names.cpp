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

}  // namespace azureml::snapshot
