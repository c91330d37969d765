#include "core/references.hpp"

#include "core/names.hpp"

#include <azureml/estimator.hpp>

#include <variant>

namespace azureml::core {
namespace {

DataReference resolved(DataReference reference) {
  reference.name = reference_name(reference);
  reference.path_on_datastore = normal_datastore_path(reference.path_on_datastore);
  return reference;
}

void collect(ScriptValue const& value, std::string const& field, std::vector<PlacedReference>& found) {
  if (auto const* reference = std::get_if<DataReference>(&value.get())) found.push_back({resolved(*reference), field});
  if (auto const* list = std::get_if<ScriptValue::List>(&value.get())) {
    // One level only: a list within a list is a fault of its own.
    for (auto const& element : *list) {
      if (auto const* reference = std::get_if<DataReference>(&element.get()))
        found.push_back({resolved(*reference), field});
    }
  }
}

}  // namespace

std::vector<PlacedReference> references_of(Estimator const& estimator) {
  std::vector<PlacedReference> found;
  auto const& items = estimator.script_params.items();
  for (std::size_t index = 0; index < items.size(); ++index) {
    collect(items[index].value, "script_params[" + std::to_string(index) + "]", found);
  }
  for (std::size_t index = 0; index < estimator.inputs.size(); ++index) {
    auto const& reference = estimator.inputs[index].reference;
    if (reference) found.push_back({resolved(*reference), "inputs[" + std::to_string(index) + "]"});
  }
  if (estimator.resume_from) {
    auto model = *estimator.resume_from;
    model.name = kModelLocation;
    found.push_back({resolved(model), "resume_from"});
  }
  return found;
}

std::set<std::string> variable_names_of(Estimator const& estimator) {
  std::set<std::string> names;
  for (auto const& reference : references_of(estimator)) names.insert(reference.data.name);
  for (auto const& input : estimator.inputs) {
    if (!input.reference) names.insert(input.name);
  }
  for (auto const& [name, output] : estimator.outputs) names.insert(name);
  return names;
}

}  // namespace azureml::core
