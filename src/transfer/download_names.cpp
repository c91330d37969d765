#include "base/encoding.hpp"
#include "transfer/download_place.hpp"
#include "transfer/downloads.hpp"

#include <algorithm>
#include <array>

namespace azureml::transfer {

namespace {

constexpr std::size_t kPartMax = 255, kNameMax = 4000;

/// The length of the UTF-8 sequence at the front, its code point in `point`; 0 when it is none (overlong forms,
/// surrogates and what lies beyond Unicode included).
std::size_t sequence(std::string_view text, char32_t& point) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto const first = byte(0);
  if (first < 0x80) {
    point = first;
    return 1;
  }
  std::size_t const size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  point = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
    point = (point << 6U) | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kFirst{0, 0, 0x80, 0x800, 0x10000};
  bool const is_surrogate = point >= 0xD800 && point <= 0xDFFF;
  return point < kFirst[size] || point > 0x10FFFF || is_surrogate ? 0 : size;
}

std::string text_fault(std::string_view name) {
  while (!name.empty()) {
    char32_t point = 0;
    auto const size = sequence(name, point);
    if (size == 0) return "it is not UTF-8";
    if (point == 0) return "it has a NUL character";
    if (point < 0x20 || (point >= 0x7F && point <= 0x9F)) return "it has a control character";
    if (point == '\\') return "it has a backslash";
    name.remove_prefix(size);
  }
  return {};
}

/// `CON`, `nul.txt`, `COM1 .log`, `aux.`: Windows opens a device whatever follows the name.
bool is_device(std::string_view part) {
  auto stem = base::to_lower_ascii(part.substr(0, part.find_first_of(".:")));
  while (stem.ends_with(' ')) stem.pop_back();
  constexpr std::array<std::string_view, 7> kNames{"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"};
  if (std::find(kNames.begin(), kNames.end(), stem) != kNames.end()) return true;
  if (!stem.starts_with("com") && !stem.starts_with("lpt")) return false;
  auto const number = std::string_view(stem).substr(3);
  if (number.size() == 1) return number[0] >= '0' && number[0] <= '9';
  // The superscript digits count, too.
  return number == "\xC2\xB9" || number == "\xC2\xB2" || number == "\xC2\xB3";
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string part_fault(std::string_view part) {
  if (part.empty()) return "it has an empty part";
  if (part == "." || part == "..") return "it has '" + std::string(part) + "' as a part";
  if (part.size() > kPartMax) return "a part of it is longer than " + std::to_string(kPartMax) + " bytes";
  if (is_device(part)) return "'" + std::string(part) + "' is the name of a device on Windows";
  if (is_name_of_downloads(part)) return "'" + std::string(part) + "' is a name that downloads use themselves";
  return {};
}

}  // namespace

std::string name_fault(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kNameMax) return "it is longer than " + std::to_string(kNameMax) + " bytes";
  if (auto fault = text_fault(name); !fault.empty()) return fault;
  if (name.front() == '/') return "it is an absolute path";
  if (name.back() == '/') return "it ends in '/'";
  if (name.size() >= 2 && name[1] == ':' && is_letter(name[0])) return "it begins with a drive letter";
  for (std::size_t at = 0; at <= name.size();) {
    auto const end = std::min(name.find('/', at), name.size());
    if (auto fault = part_fault(name.substr(at, end - at)); !fault.empty()) return fault;
    at = end + 1;
  }
  return {};
}

}  // namespace azureml::transfer
