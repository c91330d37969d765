#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stdexcept>
#include <string>

namespace azureml::engine::runner {

/// Why a run failed, as it is stored in the run: `{"code","message","phase","exit_code","signal","last_output"}`.
struct RunError {
  std::string code{};
  std::string message{};
  std::string phase{};  ///< preparing, environment, running, supervising
  std::optional<int> exit_code{};
  std::optional<int> signal{};
  std::string last_output{};  ///< At most `kLastOutputMax` bytes, valid UTF-8.
};

inline constexpr std::size_t kLastOutputMax = 4096;

/// Thrown where a run cannot go on; becomes its error.
class RunFailure : public std::runtime_error {
 public:
  explicit RunFailure(RunError error) : std::runtime_error(error.message), error_(std::move(error)) {}
  [[nodiscard]] RunError const& error() const noexcept { return error_; }

 private:
  RunError error_;
};

nlohmann::ordered_json to_json(RunError const& error);
/// The end of a text file, at most `limit` bytes, invalid UTF-8 replaced; from the start of a line when a line was cut. Empty: no such file.
std::string tail_of(std::filesystem::path const& file, std::size_t limit = kLastOutputMax);
/// Valid UTF-8: what is not becomes U+FFFD.
std::string valid_utf8(std::string const& text);

/// The error of a script that ended by itself with a status other than 0 or by a signal. @param status as waitpid gives it
RunError script_error(std::string const& command, int status, std::filesystem::path const& log);

}  // namespace azureml::engine::runner
