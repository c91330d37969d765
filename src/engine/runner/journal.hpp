#pragma once
#include "base/unique_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::engine::runner {

/// The longest line of a journal; a writer never exceeds it and a reader never buffers more.
inline constexpr std::size_t kJournalLineMax = 64 * 1024;

/// One record of a journal. docs/engine-journal.md describes the format and the events.
struct JournalRecord {
  std::uint64_t seq = 0;
  std::string time{};   ///< ISO 8601, UTC
  std::string event{};
  std::string text{};   ///< The whole record as JSON; parse it for the members of the event.
};

/// A complete line that is not what a writer writes: the rest of the journal cannot be trusted.
class JournalDamaged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The line of a record, newline and checksum included. @throws std::length_error beyond `kJournalLineMax`
std::string encode_journal_line(std::uint64_t seq, std::string_view time, std::string_view event, nlohmann::ordered_json const& members);
/// Reads one line (without its newline). @throws JournalDamaged
JournalRecord decode_journal_line(std::string_view line, std::uint64_t expected_seq);

/// Reads a journal that somebody else may be appending to. Complete lines only: a torn last line waits for its rest.
class JournalReader {
 public:
  explicit JournalReader(std::filesystem::path path);
  /// The records appended since the last call, none when the file does not exist yet. After damage it throws each time, once the
  /// records before the damage have been given out. @throws JournalDamaged, std::system_error
  std::vector<JournalRecord> read();
  /// Skips what was folded in before: records up to `seq` are checked, but not given out.
  void skip_to(std::uint64_t seq) noexcept { skip_ = seq; }
  [[nodiscard]] std::uint64_t last_seq() const noexcept { return next_ - 1; }
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }  ///< Of the first byte after the last complete record.

 private:
  void take_lines(std::vector<JournalRecord>& records);
  std::filesystem::path path_;
  base::UniqueFd fd_{};
  std::string pending_{};
  std::string damage_{};
  std::uint64_t next_ = 1, skip_ = 0, offset_ = 0;
};

/// Appends records: one line, one write, fdatasync. Opening an existing journal cuts a torn last line off and goes on after the last record.
class JournalWriter {
 public:
  /// @throws std::system_error, JournalDamaged
  explicit JournalWriter(std::filesystem::path path);
  void append(std::string_view event, nlohmann::ordered_json const& members);
  [[nodiscard]] std::uint64_t next_seq() const noexcept { return next_; }

 private:
  std::filesystem::path path_;
  base::UniqueFd fd_{};
  std::uint64_t next_ = 1;
};

}  // namespace azureml::engine::runner
