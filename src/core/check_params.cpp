#include "core/checks.hpp"
#include "core/names.hpp"

#include <azureml/estimator.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <variant>

namespace azureml::core {
namespace {

void check_value(ScriptValue const& value, std::string const& field, Faults& faults) {
  if (auto const* text = std::get_if<std::string>(&value.get())) check_text(*text, field, faults);
  auto const* list = std::get_if<ScriptValue::List>(&value.get());
  if (!list) return;
  for (std::size_t index = 0; index < list->size(); ++index) {
    auto const& element = (*list)[index];
    if (std::holds_alternative<ScriptValue::List>(element.get())) {
      faults.add(field + "[" + std::to_string(index) + "]", "is a list within a list, which a command line cannot show",
                 "write one list, or join the inner one into a text");
    } else if (auto const* text = std::get_if<std::string>(&element.get())) {
      check_text(*text, field + "[" + std::to_string(index) + "]", faults);
    }
  }
}

}  // namespace

void check_script_params(Estimator const& estimator, Faults& faults) {
  auto const& items = estimator.script_params.items();
  std::map<std::string, std::size_t> first_index;
  for (std::size_t index = 0; index < items.size(); ++index) {
    auto const field = "script_params[" + std::to_string(index) + "]";
    auto const& name = items[index].name.text;
    check_text(name, field, faults);
    check_value(items[index].value, field, faults);
    if (name.empty()) continue;  // a positional argument
    auto const [first, is_new] = first_index.try_emplace(name, index);
    if (is_new || estimator.script_params.was_appended(index)) continue;
    faults.add(
        field, "the key '" + name + "' stands at [" + std::to_string(first->second) + "] already",
        "leave one out, give one key a list of values, or use append() when the script takes the key repeatedly");
  }
}

}  // namespace azureml::core
