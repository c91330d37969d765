#include "core/spelling.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace azureml::core {
namespace {

// Python writes an exponent below 10^-4 and from 10^16 on.
constexpr int kPlainExponentMin = -4;
constexpr int kPlainExponentMax = 15;

std::string with_exponent(std::string const& digits, int exponent) {
  auto text = digits.substr(0, 1);
  if (digits.size() > 1) text += "." + digits.substr(1);
  auto const magnitude = std::to_string(std::abs(exponent));
  return text + (exponent < 0 ? "e-" : "e+") + (magnitude.size() < 2 ? "0" : "") + magnitude;
}

std::string without_exponent(std::string const& digits, int exponent) {
  if (exponent < 0) return "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  auto const whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return digits + std::string(whole - digits.size(), '0') + ".0";
  return digits.substr(0, whole) + "." + digits.substr(whole);
}

}  // namespace

std::string spell(bool value) {
  return value ? "True" : "False";
}

std::string spell(std::int64_t value) {
  char text[24];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string spell(double value) {
  if (std::isnan(value)) return "nan";
  std::string const sign = std::signbit(value) ? "-" : "";
  if (std::isinf(value)) return sign + "inf";
  char buffer[40];
  // The shortest digits, always as `d[.ddd]e±XX`: the layout is Python's, so it is made here.
  std::string_view const text(
      buffer,
      static_cast<std::size_t>(
          std::to_chars(buffer, buffer + sizeof buffer, std::abs(value), std::chars_format::scientific).ptr - buffer));
  auto const mark = text.find('e');
  std::string digits;
  for (char const c : text.substr(0, mark)) {
    if (c != '.') digits += c;
  }
  int exponent = 0;
  auto const exponent_text = text.substr(text[mark + 1] == '+' ? mark + 2 : mark + 1);
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  bool const plain = exponent >= kPlainExponentMin && exponent <= kPlainExponentMax;
  return sign + (plain ? without_exponent(digits, exponent) : with_exponent(digits, exponent));
}

}  // namespace azureml::core
