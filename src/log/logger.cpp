#include "log/logger.hpp"

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <memory>
#include <mutex>
#include <string>

namespace azureml::logging {

namespace {

spdlog::level::level_enum to_spdlog(Level level) noexcept {
  switch (level) {
    case Level::trace: return spdlog::level::trace;
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

Level from_spdlog(spdlog::level::level_enum level) noexcept {
  switch (level) {
    case spdlog::level::trace: return Level::trace;
    case spdlog::level::debug: return Level::debug;
    case spdlog::level::info: return Level::info;
    case spdlog::level::warn: return Level::warning;
    default: return Level::error;
  }
}

/// Gives records to a function, one at a time. One that logs again from inside the call is not called for that: it would never end.
class FunctionSink final : public spdlog::sinks::sink {
 public:
  explicit FunctionSink(Sink receiver) : receiver_(std::move(receiver)) {}
  void log(spdlog::details::log_msg const& message) override {
    std::lock_guard const lock(mutex_);
    if (in_call_) return;
    in_call_ = true;
    try {
      receiver_(from_spdlog(message.level), {message.logger_name.data(), message.logger_name.size()},
                {message.payload.data(), message.payload.size()});
    } catch (...) {  // the receiver's fault must not become the caller's
    }
    in_call_ = false;
  }
  void flush() override {}
  void set_pattern(std::string const&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  std::recursive_mutex mutex_{};
  Sink receiver_;
  bool in_call_ = false;
};

/// Appends to a file. spdlog's own file sink leaves the descriptor open in child processes.
class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FileSink(std::string path) : path_(std::move(path)), fd_(base::open_file(path_, O_WRONLY | O_CREAT | O_APPEND)) {}

 private:
  void sink_it_(spdlog::details::log_msg const& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    base::write_all(fd_.get(), {line.data(), line.size()}, path_);
  }
  void flush_() override {}

  std::string path_;
  base::UniqueFd fd_;
};

/// Time in UTC, level, component, text.
std::unique_ptr<spdlog::formatter> line_format() {
  return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%fZ %l %n: %v", spdlog::pattern_time_type::utc);
}

std::shared_ptr<spdlog::logger> make(std::string_view component, Level level, spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>(std::string(component), std::move(sink));
  logger->set_level(to_spdlog(level));
  logger->set_error_handler([](std::string const&) {});
  return logger;
}

}  // namespace

Logger::Logger(std::shared_ptr<spdlog::logger> logger) noexcept : logger_(std::move(logger)) {}

Logger Logger::to_sink(std::string_view component, Level level, Sink sink) {
  return Logger(make(component, level, std::make_shared<FunctionSink>(std::move(sink))));
}

Logger Logger::to_file(std::string_view component, Level level, std::string_view path) {
  auto sink = std::make_shared<FileSink>(std::string(path));
  sink->set_formatter(line_format());
  return Logger(make(component, level, std::move(sink)));
}

Logger Logger::to_stderr(std::string_view component, Level level) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->set_formatter(line_format());
  return Logger(make(component, level, std::move(sink)));
}

Logger Logger::named(std::string_view component) const {
  return logger_ ? Logger(logger_->clone(std::string(component))) : Logger{};
}

bool Logger::enabled(Level level) const noexcept { return logger_ && logger_->should_log(to_spdlog(level)); }

void Logger::write(Level level, std::string_view message) const noexcept {
  if (!enabled(level)) return;
  try {
    logger_->log(to_spdlog(level), "{}", message);
  } catch (...) {  // a full disk under the log must not fail what is being logged
  }
}

}  // namespace azureml::logging
