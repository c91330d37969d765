#include "engine/front/engine_log.hpp"

#include "base/encoding.hpp"
#include "base/time.hpp"
#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

namespace azureml::engine::front {

namespace {

std::string_view name_of(logging::Level level) {
  switch (level) {
    case logging::Level::trace:
      return "trace";
    case logging::Level::debug:
      return "debug";
    case logging::Level::info:
      return "info";
    case logging::Level::warning:
      return "warning";
    case logging::Level::error:
      return "error";
  }
  return "?";
}

/// The logger never makes two calls at once, so nothing here is locked.
class RotatingFile {
 public:
  RotatingFile(std::filesystem::path path, std::uint64_t size_max) : path_(std::move(path)), size_max_(size_max) {
    open();
  }

  void write(logging::Level level, std::string_view component, std::string_view message) {
    auto line = base::to_iso8601(std::chrono::system_clock::now()) + ' ';
    line.append(name_of(level)).append(" ").append(component).append(": ").append(message);
    // One record, one line: text from outside must not look like a record of its own.
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    line += '\n';
    if (size_ + line.size() > size_max_ && size_ > 0) rotate();
    base::write_all(fd_.get(), line, path_.string());
    size_ += line.size();
  }

 private:
  void open() {
    fd_ = base::open_file(path_, O_WRONLY | O_APPEND | O_CREAT, 0600);
    struct ::stat facts {};
    size_ = ::fstat(fd_.get(), &facts) == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0;
  }
  void rotate() {
    auto older = path_;
    older += ".1";
    std::error_code ignored;  // When it cannot be renamed the log goes on in the same file.
    std::filesystem::rename(path_, older, ignored);
    open();
  }
  std::filesystem::path path_;
  std::uint64_t size_max_, size_ = 0;
  base::UniqueFd fd_{};
};

}  // namespace

logging::Logger open_engine_log(std::filesystem::path const& path, logging::Level level, std::uint64_t size_max) {
  auto const file = std::make_shared<RotatingFile>(path, size_max);
  return logging::Logger::to_sink("engine", level,
                                  [file](logging::Level at, std::string_view component, std::string_view message) {
                                    file->write(at, component, message);
                                  });
}

logging::Level engine_log_level() {
  auto const* const text = std::getenv("AZUREML_LOG_LEVEL");
  for (auto const level :
       {logging::Level::trace, logging::Level::debug, logging::Level::warning, logging::Level::error}) {
    if (text != nullptr && base::equal_ignoring_case(text, name_of(level))) return level;
  }
  return logging::Level::info;
}

}  // namespace azureml::engine::front
