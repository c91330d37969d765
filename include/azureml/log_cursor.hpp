#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace azureml {

/// A place in the logs of a run that survives the process: store `to_string()` beside the bytes that were read, give it
/// back, and no byte comes twice or is lost. A value; of one log the place is the number of bytes read. Not to be
/// shared between threads without a lock.
class LogCursor {
 public:
  static constexpr std::size_t kFilesMax = 10'000;

  LogCursor() = default;  ///< The beginning of every log.
  /// @throws ValidationError for what `to_string` has not written; empty text is the beginning
  static LogCursor parse(std::string_view text);
  /// One printable line without spaces, about 40 bytes a log.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] std::uint64_t position(std::string_view file) const noexcept;  ///< 0 for a log that was not read yet.
  /// For those who store the bytes and not the cursor: the place is the size of what was stored. @throws
  /// ValidationError for a log beyond `kFilesMax`
  void set_position(std::string_view file, std::uint64_t position);

  friend bool operator==(LogCursor const&, LogCursor const&) = default;

 private:
  std::map<std::string, std::uint64_t, std::less<>> positions_{};  // never 0, so that equal places are equal values
};

}  // namespace azureml
