#include "engine/runner/expressions.hpp"

#include <algorithm>

namespace azureml::engine::runner {
namespace {

std::string_view trim(std::string_view text) {
  auto const begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

Substitution substitute_names(std::string_view text, std::map<std::string, std::string> const& inputs) {
  Substitution result;
  for (;;) {
    auto const begin = text.find("${{");
    auto const end = begin == std::string_view::npos ? begin : text.find("}}", begin);
    if (end == std::string_view::npos) break;
    result.text.append(text.substr(0, begin));
    auto const name = trim(text.substr(begin + 3, end - begin - 3));
    constexpr std::string_view kInputs = "inputs.";
    auto const found = name.starts_with(kInputs) ? inputs.find(std::string(name.substr(kInputs.size()))) : inputs.end();
    if (found != inputs.end()) {
      result.text.append(found->second);
    } else if (std::find(result.unknown.begin(), result.unknown.end(), name) == result.unknown.end()) {
      result.unknown.emplace_back(name);
    }
    text.remove_prefix(end + 2);
  }
  result.text.append(text);
  return result;
}

void append(Substitution& all, Substitution part) {
  all.text += part.text;
  for (auto& name : part.unknown)
    if (std::find(all.unknown.begin(), all.unknown.end(), name) == all.unknown.end()) all.unknown.push_back(std::move(name));
}

}  // namespace

Substitution substitute(std::string_view command, std::map<std::string, std::string> const& inputs) {
  Substitution result;
  for (;;) {
    auto const begin = command.find("$[[");
    auto const end = begin == std::string_view::npos ? begin : command.find("]]", begin);
    if (end == std::string_view::npos) break;
    append(result, substitute_names(command.substr(0, begin), inputs));
    auto part = substitute_names(command.substr(begin + 3, end - begin - 3), inputs);
    if (part.unknown.empty()) result.text += part.text;
    command.remove_prefix(end + 2);
  }
  append(result, substitute_names(command, inputs));
  return result;
}

}  // namespace azureml::engine::runner
