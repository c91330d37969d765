#include "core/quoting.hpp"

#include <algorithm>

namespace azureml::core {
namespace {

/// Means nothing to a shell, wherever in a word it stands.
bool is_bare(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-./=:,@%+").find(c) != std::string_view::npos;
}

}  // namespace

std::string quote_word(std::string_view text) {
  if (!text.empty() && std::ranges::all_of(text, is_bare)) return std::string(text);
  std::string word = "'";
  for (std::size_t index = 0; index < text.size(); ++index) {
    auto const rest = text.substr(index);
    if (rest.starts_with('\'')) {
      word += "'\\''";
    } else if (rest.starts_with("${{") || rest.starts_with("$[[")) {
      // The service looks for these two in the text, also within quotes; with the quotes between, it does not find
      // them.
      word += "$''";
    } else {
      word += text[index];
    }
  }
  return word + "'";
}

std::string input_placeholder(std::string_view name) {
  return "\"${{inputs." + std::string(name) + "}}\"";
}

std::string output_placeholder(std::string_view name) {
  return "\"${{outputs." + std::string(name) + "}}\"";
}

}  // namespace azureml::core
