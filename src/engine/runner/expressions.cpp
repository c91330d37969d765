#include "engine/runner/expressions.hpp"

#include <algorithm>
#include <utility>

namespace azureml::engine::runner {
namespace {

std::string_view trim(std::string_view text) {
  auto const begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

using Values = std::map<std::string, std::string>;

std::string const* value_of(std::string_view name, Values const& inputs, Values const& outputs) {
  for (auto const& [prefix, values] : {std::pair{std::string_view("inputs."), &inputs}, std::pair{std::string_view("outputs."), &outputs}}) {
    if (!name.starts_with(prefix)) continue;
    auto const found = values->find(std::string(name.substr(prefix.size())));
    return found == values->end() ? nullptr : &found->second;
  }
  return nullptr;
}

Substitution substitute_names(std::string_view text, Values const& inputs, Values const& outputs) {
  Substitution result;
  for (;;) {
    auto const begin = text.find("${{");
    auto const end = begin == std::string_view::npos ? begin : text.find("}}", begin);
    if (end == std::string_view::npos) break;
    result.text.append(text.substr(0, begin));
    auto const name = trim(text.substr(begin + 3, end - begin - 3));
    if (auto const* value = value_of(name, inputs, outputs)) {
      result.text.append(*value);
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

Substitution substitute(std::string_view command, Values const& inputs, Values const& outputs) {
  Substitution result;
  for (;;) {
    auto const begin = command.find("$[[");
    auto const end = begin == std::string_view::npos ? begin : command.find("]]", begin);
    if (end == std::string_view::npos) break;
    append(result, substitute_names(command.substr(0, begin), inputs, outputs));
    auto part = substitute_names(command.substr(begin + 3, end - begin - 3), inputs, outputs);
    if (part.unknown.empty()) result.text += part.text;
    command.remove_prefix(end + 2);
  }
  append(result, substitute_names(command, inputs, outputs));
  return result;
}

}  // namespace azureml::engine::runner
