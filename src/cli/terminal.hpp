#pragma once
#include <azureml/transfer.hpp>

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

/// What is going on, on standard error and only when that is a terminal.
class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;
  [[nodiscard]] bool shown() const noexcept { return shown_; }
  void transfer(TransferProgress const& progress);  ///< Overwrites the line before.
  void line(std::string_view text);                 ///< A line that stays.
  void clear();

 private:
  void replace(std::string_view text);
  bool shown_ = false, on_line_ = false;
};

}  // namespace azureml::cli
