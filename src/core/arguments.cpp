#include "core/arguments.hpp"

#include "core/checks.hpp"
#include "core/make_error.hpp"
#include "core/names.hpp"
#include "core/quoting.hpp"
#include "core/references.hpp"
#include "core/spelling.hpp"

#include <azureml/estimator.hpp>

#include <algorithm>
#include <set>
#include <string_view>
#include <variant>

namespace azureml {
namespace core {
namespace {

using Names = std::set<std::string>;

/// Cuts a text at the variables of known references. An unknown one is text: nobody would set the variable.
Argument cut_at_variables(std::string_view text, Names const& names) {
  std::string const mark = "$" + std::string(kReferenceVariable);
  Argument pieces;
  std::string literal;
  while (!text.empty()) {
    auto const start = text.find(mark);
    literal += text.substr(0, start);
    if (start == std::string_view::npos) break;
    text.remove_prefix(start + mark.size());
    std::size_t length = 0;
    while (length < text.size() && is_identifier("_" + std::string(1, text[length]))) ++length;
    auto const name = std::string(text.substr(0, length));
    text.remove_prefix(length);
    if (!names.contains(name)) {
      literal += mark + name;
      continue;
    }
    if (!literal.empty()) pieces.push_back({std::exchange(literal, {}), false});
    pieces.push_back({name, true});
  }
  if (!literal.empty()) pieces.push_back({literal, false});
  return pieces;
}

class ArgumentList {
 public:
  explicit ArgumentList(Names names) : names_(std::move(names)) {}

  void add_text(std::string_view text) {
    if (!text.empty()) arguments_.push_back(cut_at_variables(text, names_));
  }
  void add_path(std::string const& name) { arguments_.push_back({{name, true}}); }
  void add(ScriptValue const& value) {
    std::visit([this](auto const& content) { add_content(content); }, value.get());
  }
  std::vector<Argument> take() { return std::move(arguments_); }

 private:
  void add_content(Flag) {}
  void add_content(bool value) { add_text(spell(value)); }
  void add_content(std::int64_t value) { add_text(spell(value)); }
  void add_content(double value) { add_text(spell(value)); }
  void add_content(std::string const& value) { add_text(value); }
  void add_content(DataReference const& value) { add_path(reference_name(value)); }
  void add_content(ScriptValue::List const& list) {
    for (auto const& element : list) add(element);
  }

  Names names_;
  std::vector<Argument> arguments_{};
};

}  // namespace

std::vector<Argument> arguments_of(Estimator const& estimator) {
  ArgumentList list(variable_names_of(estimator));
  for (auto const& item : estimator.script_params.items()) {
    list.add_text(item.name.text);
    list.add(item.value);
  }
  if (estimator.resume_from) {
    list.add_text("--resume-from");
    list.add_path(std::string(kModelLocation));
  }
  return list.take();
}

std::string shell_word(Argument const& argument) {
  std::string word;
  for (auto const& piece : argument) {
    word += piece.is_path ? "\"$" + std::string(kReferenceVariable) + piece.text + "\"" : quote_word(piece.text);
  }
  return word;
}

std::string preview_text(Argument const& argument) {
  std::string text;
  for (auto const& piece : argument)
    text += piece.is_path ? "$" + std::string(kReferenceVariable) + piece.text : piece.text;
  return text;
}

}  // namespace core

std::vector<std::string> preview_arguments(Estimator const& estimator) {
  core::Faults faults;
  core::check_script_params(estimator, faults);
  if (!faults.empty()) throw core::validation_error("cannot tell the script's arguments", faults.take());
  std::vector<std::string> texts;
  for (auto const& argument : core::arguments_of(estimator)) texts.push_back(core::preview_text(argument));
  return texts;
}

}  // namespace azureml
