#include "engine/runner/run_failure.hpp"

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <nlohmann/json.hpp>

namespace azureml::engine::runner {
namespace {

constexpr std::size_t kCommandShown = 200;
constexpr std::size_t kMessageTail = 1024;

std::string shorten(std::string const& command) {
  std::string result = command.substr(0, kCommandShown);
  for (auto& c : result)
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  return valid_utf8(result) + (command.size() > kCommandShown ? "…" : "");
}

std::string last_part(std::string const& text) {
  auto const end = text.find_last_not_of(" \r\n\t");
  if (end == std::string::npos) return {};
  auto begin = end + 1 > kMessageTail ? end + 1 - kMessageTail : 0;
  while (begin < end && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) ++begin;
  return text.substr(begin, end + 1 - begin);
}

}  // namespace

nlohmann::ordered_json to_json(RunError const& error) {
  nlohmann::ordered_json json{{"code", error.code}, {"message", error.message}, {"phase", error.phase}};
  json["exit_code"] = error.exit_code ? nlohmann::ordered_json(*error.exit_code) : nlohmann::ordered_json(nullptr);
  json["signal"] = error.signal ? nlohmann::ordered_json(*error.signal) : nlohmann::ordered_json(nullptr);
  json["last_output"] = error.last_output;
  return json;
}

std::string valid_utf8(std::string const& text) {
  // The serialiser knows the rules; the quotes it adds are parsed away again.
  auto const quoted = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return nlohmann::json::parse(quoted).get<std::string>();
}

std::string tail_of(std::filesystem::path const& file, std::size_t limit) {
  base::UniqueFd const fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  auto const size = static_cast<std::size_t>(info.st_size);
  auto const begin = size > limit ? size - limit : 0;
  std::string text(size - begin, '\0');
  auto const count = ::pread(fd.get(), text.data(), text.size(), static_cast<off_t>(begin));
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  if (begin > 0) {
    auto const line = text.find('\n');
    if (line != std::string::npos && line + 1 < text.size()) text.erase(0, line + 1);
  }
  text = valid_utf8(text);
  // A replaced byte takes three, so the bound is kept once more.
  if (text.size() > limit) {
    auto cut = text.size() - limit;
    while (cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) ++cut;
    text.erase(0, cut);
  }
  return text;
}

RunError script_error(std::string const& command, int status, std::filesystem::path const& log) {
  RunError error{.code = "UserError", .phase = "script"};
  error.last_output = tail_of(log);
  std::string how;
  if (WIFSIGNALED(status)) {
    error.signal = WTERMSIG(status);
    auto const* name = ::sigabbrev_np(WTERMSIG(status));
    how = "was ended by signal " + std::to_string(WTERMSIG(status)) + (name != nullptr ? std::string(" (SIG") + name + ")" : std::string());
  } else {
    error.exit_code = WEXITSTATUS(status);
    how = "exited with status code " + std::to_string(WEXITSTATUS(status));
  }
  error.message = "Execution failed. User process '" + shorten(command) + "' " + how +
                  ". Please check log file 'user_logs/std_log.txt' for error details. Error: " + last_part(error.last_output);
  return error;
}

}  // namespace azureml::engine::runner
