#pragma once
#include <string>
#include <string_view>

namespace azureml::cli {

/// Text from elsewhere, fit for a terminal: control characters but newline and tab become `?`.
std::string printable(std::string_view text);
/// A word for a POSIX shell, quoted when it has to be.
std::string shell_word(std::string_view word);
/// `1.5 MiB`
std::string human_bytes(unsigned long long bytes);

/// Writes all of it to standard output at once. @throws std::system_error when that fails (disk full)
void write_out(std::string_view text);

}  // namespace azureml::cli
