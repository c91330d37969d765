#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace azureml::transfer {

/// Which content a part belongs to.
struct JournalHead {
  std::string blob{}, etag{};  ///< The etag as the server writes it, with its quotes.
  std::uint64_t size = 0;
  std::string md5{};  ///< Raw; empty when the server says none.
  friend bool operator==(JournalHead const&, JournalHead const&) = default;
};

/// Bytes that have been written to the part.
struct JournalRecord {
  std::uint64_t first = 0, size = 0, sum = 0;  ///< The sum: see `BlockSum`.
  friend bool operator==(JournalRecord const&, JournalRecord const&) = default;
};

/// A line of a journal, with its own sum and the line's end.
std::string journal_line(JournalHead const& head);
std::string journal_line(JournalRecord const& record);

/// Any text as a line of a journal, and back: nothing when the line is torn or was changed. @param fields without line
/// ends
std::string sealed_line(std::string_view fields);
std::optional<std::string_view> opened_line(std::string_view line);

std::optional<JournalHead> parse_journal_head(std::string_view line);
std::optional<JournalRecord> parse_journal_record(std::string_view line);

/// Visits the lines of a file, without their ends, up to `line_max` bytes each (longer ones are left out), until
/// `visit` returns false. In pieces: a journal may be long. What cannot be read ends it like the file's end.
void read_lines(int fd, std::size_t line_max, std::function<bool(std::string_view)> const& visit);

}  // namespace azureml::transfer
