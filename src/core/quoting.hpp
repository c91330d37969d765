#pragma once
#include <string>
#include <string_view>

namespace azureml::core {

/// One word of a POSIX shell command that the shell reads back as `text`, whatever is in it (but a NUL). Also safe from
/// the service's own replacement of `${{…}}` and `$[[…]]`, which happens before the shell and does not respect quotes.
/// An empty text is `''`.
std::string quote_word(std::string_view text);

/// `"${{inputs.<name>}}"`: what the service replaces by the input's path. The name must be an identifier.
std::string input_placeholder(std::string_view name);
/// `"${{outputs.<name>}}"`
std::string output_placeholder(std::string_view name);

}  // namespace azureml::core
