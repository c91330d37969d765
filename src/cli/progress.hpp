#pragma once
#include "base/clock.hpp"

#include <azureml/transfer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace azureml::cli {

enum class ProgressStyle {
  automatic,  ///< A bar on a terminal, else nothing.
  bar,
  plain,  ///< A line every five seconds, for logs.
  none,
};
void add_progress_option(CLI::App& app, ProgressStyle& style);

/// `Downloading  45% [=====>     ] 1.2 GiB of 2.7 GiB, 12 of 40 files, 85.3 MiB/s, 0:18 left`, ASCII; what there is no
/// room for is left out. No bar within a `plain` line.
std::string progress_line(TransferProgress const& progress, std::size_t width, bool with_bar);

/// What is going on, on standard error: transfers in the style chosen, lines about the run on a terminal only. For one
/// thread.
class Progress {
 public:
  /// Where it writes; a test's is its own.
  struct Output {
    std::function<void(std::string_view)> write{};
    std::function<std::size_t()> width{};
    bool is_terminal = false;
    base::Clock* clock = nullptr;
  };
  explicit Progress(ProgressStyle style = ProgressStyle::automatic);
  Progress(ProgressStyle style, Output output);
  ~Progress() { clear(); }
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;
  [[nodiscard]] bool shown() const noexcept { return output_.is_terminal; }
  void transfer(TransferProgress const& progress);  ///< A bar overwrites the line before.
  void line(std::string_view text);                 ///< A line that stays, on a terminal.
  void clear();                                     ///< The transfer has ended.
  /// What the last call of `transfer` said, without `current`.
  [[nodiscard]] TransferProgress const& last() const noexcept { return last_; }
  [[nodiscard]] ProgressHandler handler() {
    return [this](TransferProgress const& progress) { transfer(progress); };
  }

 private:
  void write_plain();

  ProgressStyle style_;
  Output output_;
  TransferProgress last_{};
  std::optional<std::chrono::steady_clock::time_point> written_at_{};
  bool on_line_ = false, waiting_ = false;
};

}  // namespace azureml::cli
