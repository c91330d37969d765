#include "core/names.hpp"

#include "base/digest.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>

namespace azureml::core {
namespace {

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// Length of the UTF-8 sequence at the start of `text`, or 0 when there is none (overlong forms and surrogates
/// included).
std::size_t sequence_length(std::string_view text) noexcept {
  auto const byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  auto const first = byte(0);
  if (first < 0x80) return 1;
  std::size_t const length = first >= 0xC2 && first <= 0xDF   ? 2
                             : (first & 0xF0) == 0xE0         ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t index = 1; index < length; ++index) {
    if ((byte(index) & 0xC0) != 0x80) return 0;
  }
  auto const second = byte(1);
  bool const wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                     (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return wrong ? 0 : length;
}

}  // namespace

bool is_identifier(std::string_view name) noexcept {
  return !name.empty() && is_letter(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c); });
}

bool is_plain_text(std::string_view text) noexcept {
  while (!text.empty()) {
    auto const length = sequence_length(text);
    if (length == 0 || text.front() == '\0') return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string normal_datastore_path(std::string_view path) {
  std::string normal;
  while (!path.empty()) {
    auto const end = path.find('/');
    auto const part = path.substr(0, end);
    if (!part.empty() && part != ".") {
      if (!normal.empty()) normal += '/';
      normal += part;
    }
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  return normal;
}

bool has_parent_step(std::string_view path) noexcept {
  while (true) {
    auto const end = path.find('/');
    if (path.substr(0, end) == "..") return true;
    if (end == std::string_view::npos) return false;
    path.remove_prefix(end + 1);
  }
}

bool is_datastore_path(std::string_view path) noexcept {
  return is_plain_text(path) && !has_parent_step(path) && path.find_first_of("?#\\") == std::string_view::npos &&
         std::ranges::none_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool has_data_scheme(std::string_view address) noexcept {
  constexpr std::string_view kAsset = "azureml:";
  return address.starts_with(kAsset) || address.find("://") != std::string_view::npos;
}

std::string local_name(std::string_view path) {
  auto normal = std::filesystem::absolute(std::filesystem::path(path)).lexically_normal();
  if (!normal.has_filename()) normal = normal.parent_path();
  return normal.filename().string();
}

std::string reference_name(DataReference const& reference) {
  if (!reference.name.empty()) return reference.name;
  auto const path = normal_datastore_path(reference.path_on_datastore);
  if (path.empty()) return reference.datastore;
  return reference.datastore + "_" + base::sha256_hex(path).substr(0, 8);
}

std::string datastore_uri(DataReference const& reference) {
  return "azureml://datastores/" + reference.datastore + "/paths/" + normal_datastore_path(reference.path_on_datastore);
}

}  // namespace azureml::core
