#pragma once
#include <azureml/data_reference.hpp>

#include <string>
#include <string_view>

namespace azureml::core {

/// What makes a shell variable of an input or output: `AZUREML_DATAREFERENCE_` and its name.
inline constexpr std::string_view kReferenceVariable = "AZUREML_DATAREFERENCE_";
/// The name of the reference that `resume_from` becomes, as in Python.
inline constexpr std::string_view kModelLocation = "MODEL_LOCATION";

/// A name for an input, an output or a variable: ASCII letters, digits and `_`, not a digit first.
bool is_identifier(std::string_view name) noexcept;
/// True for UTF-8 without a NUL, which is what a command line, a variable and JSON all can hold.
bool is_plain_text(std::string_view text) noexcept;

/// The path in its one form: no leading `./` or `/`, no doubled or trailing `/`; empty for the whole datastore.
std::string normal_datastore_path(std::string_view path);
/// True when the path has a `..`, and so may point beside what it names.
bool has_parent_step(std::string_view path) noexcept;

/// True for what can stand behind `/paths/`: plain text without `..`, control characters, backslash, `?` and `#`.
bool is_datastore_path(std::string_view path) noexcept;
/// True when the text says where data is by a scheme (`azureml:`, `https://`, …); else it is a path of this machine.
bool has_data_scheme(std::string_view address) noexcept;
/// The last part of a path of this machine, that of `.` too; empty for the root. Asks the system for the working folder.
std::string local_name(std::string_view path);

/// The reference's own name; else the datastore's name for the whole datastore; else `<datastore>_<8 hex of
/// sha256(path)>`.
std::string reference_name(DataReference const& reference);
/// `azureml://datastores/<datastore>/paths/<path>`
std::string datastore_uri(DataReference const& reference);

}  // namespace azureml::core
