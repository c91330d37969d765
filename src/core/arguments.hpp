#pragma once
#include <azureml/fwd.hpp>

#include <string>
#include <vector>

namespace azureml::core {

/// A part of an argument: text as it is, or the path of a data reference, found in its variable.
struct ArgumentPiece {
  std::string text{};  ///< Of a path: the reference's name.
  bool is_path = false;
};
using Argument = std::vector<ArgumentPiece>;

/// What `script_params` and `resume_from` become, by Python's rules: key then value, one argument for each element of a
/// list, empty texts and flags left out, `$AZUREML_DATAREFERENCE_<name>` of a known name within a text kept as the
/// path.
std::vector<Argument> arguments_of(Estimator const& estimator);

std::string shell_word(Argument const& argument);    ///< `--out='a b'"$AZUREML_DATAREFERENCE_x"/sub`
std::string preview_text(Argument const& argument);  ///< The same without the shell's quotes.

}  // namespace azureml::core
