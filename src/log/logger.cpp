#include "log/logger.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

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

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(Sink sink) : sink_(std::move(sink)) {}

 private:
  void sink_it_(spdlog::details::log_msg const& message) override {
    try {
      sink_(from_spdlog(message.level), {message.logger_name.data(), message.logger_name.size()},
            {message.payload.data(), message.payload.size()});
    } catch (...) {  // the receiver's fault must not become the caller's
    }
  }
  void flush_() override {}
  Sink sink_;
};

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
  auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(std::string(path));
  sink->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %n: %v", spdlog::pattern_time_type::utc);
  auto logger = make(component, level, std::move(sink));
  logger->flush_on(spdlog::level::trace);
  return Logger(std::move(logger));
}

Logger Logger::to_stderr(std::string_view component, Level level) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %n: %v", spdlog::pattern_time_type::utc);
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
