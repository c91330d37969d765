#pragma once
#include <functional>
#include <memory>
#include <string_view>

namespace spdlog {
class logger;
}

namespace azureml::logging {

enum class Level { trace, debug, info, warning, error };
using Sink = std::function<void(Level level, std::string_view component, std::string_view message)>;

/// A logger of our own, never spdlog's registry or default. Small, copyable, thread-safe; silent until given somewhere to write.
/// Callers pass text that is already fit to be seen (base/redact.hpp).
class Logger {
 public:
  Logger() = default;  ///< Silent.
  /// Calls `sink` for every record at or above `level`, never two calls at once; what it throws is swallowed.
  static Logger to_sink(std::string_view component, Level level, Sink sink);
  /// Appends lines with time and level to a file. @throws std::system_error when it cannot be opened.
  static Logger to_file(std::string_view component, Level level, std::string_view path);
  /// Lines with time and level on standard error.
  static Logger to_stderr(std::string_view component, Level level);
  /// The same destination under another component's name.
  [[nodiscard]] Logger named(std::string_view component) const;

  [[nodiscard]] bool enabled(Level level) const noexcept;
  void write(Level level, std::string_view message) const noexcept;
  void trace(std::string_view message) const noexcept { write(Level::trace, message); }
  void debug(std::string_view message) const noexcept { write(Level::debug, message); }
  void info(std::string_view message) const noexcept { write(Level::info, message); }
  void warning(std::string_view message) const noexcept { write(Level::warning, message); }
  void error(std::string_view message) const noexcept { write(Level::error, message); }

 private:
  explicit Logger(std::shared_ptr<spdlog::logger> logger) noexcept;
  std::shared_ptr<spdlog::logger> logger_{};
};

}  // namespace azureml::logging
