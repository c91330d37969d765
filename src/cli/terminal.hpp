#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::cli {

/// Text from elsewhere, fit for a terminal: control characters but newline and tab become `?`.
std::string printable(std::string_view text);
/// A word for a POSIX shell, quoted when it has to be.
std::string shell_word(std::string_view word);
/// `1.5 MiB`
std::string human_bytes(unsigned long long bytes);

/// True when colours are wanted on a descriptor: it is a terminal, TERM is not `dumb`, and NO_COLOR is not set (or empty).
bool wants_colour(int descriptor);
enum class Paint { good, doubtful, bad };
/// Text for standard output, in colour where that is wanted.
std::string painted(std::string text, Paint paint);
/// Columns of the terminal on standard output; nothing when it is none, and then nothing is cut.
std::optional<std::size_t> output_width();
/// Rows as lines with two blanks between the columns, none behind the last. On a terminal the widest columns are cut, with `…`, until a
/// line fits the width. Text is made printable. @param rows all as long as the first
std::string table_text(std::vector<std::vector<std::string>> const& rows, std::optional<std::size_t> width = output_width());

/// Writes all of it to standard output at once. @throws std::system_error when that fails (disk full)
void write_out(std::string_view text);

}  // namespace azureml::cli
