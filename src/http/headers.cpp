#include "http/transport.hpp"

#include <algorithm>

namespace azureml::http {

bool IgnoringCase::operator()(std::string_view a, std::string_view b) const noexcept {
  auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [lower](char x, char y) {
    return static_cast<unsigned char>(lower(x)) < static_cast<unsigned char>(lower(y));
  });
}

}  // namespace azureml::http
