#include "transfer/download_journal.hpp"

#include "base/encoding.hpp"
#include "transfer/content_range.hpp"
#include "transfer/download_sum.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <vector>

namespace azureml::transfer {

namespace {

constexpr char kHead[] = "azureml-part-1";
constexpr std::size_t kSumDigits = 16;

std::string hex(std::uint64_t number) {
  std::array<char, kSumDigits + 1> text{};
  auto const end = std::to_chars(text.data(), text.data() + kSumDigits, number, 16).ptr;
  auto const size = static_cast<std::size_t>(end - text.data());
  return std::string(kSumDigits - size, '0') + std::string(text.data(), size);
}

std::optional<std::uint64_t> number_of(std::string_view text, int base) {
  std::uint64_t number = 0;
  auto const* const last = text.data() + text.size();
  auto const [end, error] = std::from_chars(text.data(), last, number, base);
  if (text.empty() || error != std::errc{} || end != last) return std::nullopt;
  return number;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> fields;
  for (std::size_t at = 0; at <= text.size() && fields.size() < 8;) {
    auto const end = std::min(text.find(' ', at), text.size());
    fields.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return fields;
}

}  // namespace

std::string sealed_line(std::string_view fields) {
  return std::string(fields) + " " + hex(sum_of(fields)) + "\n";
}

std::optional<std::string_view> opened_line(std::string_view line) {
  if (line.size() < kSumDigits + 1 || line[line.size() - kSumDigits - 1] != ' ') return std::nullopt;
  auto const fields = line.substr(0, line.size() - kSumDigits - 1);
  if (line.substr(line.size() - kSumDigits) != hex(sum_of(fields))) return std::nullopt;
  return fields;
}

std::string journal_line(JournalHead const& head) {
  return sealed_line(std::string(kHead) + " " + std::to_string(head.size) + " " + base::percent_encode(head.etag) +
                     " " + (head.md5.empty() ? "-" : base::to_hex(head.md5)) + " " + base::percent_encode(head.blob));
}

std::string journal_line(JournalRecord const& record) {
  return sealed_line("b " + std::to_string(record.first) + " " + std::to_string(record.size) + " " + hex(record.sum));
}

std::optional<JournalHead> parse_journal_head(std::string_view line) {
  auto const text = opened_line(line);
  if (!text) return std::nullopt;
  auto const fields = split(*text);
  if (fields.size() != 5 || fields[0] != kHead) return std::nullopt;
  auto const size = parse_size(fields[1]);
  auto etag = base::percent_decode(fields[2]), blob = base::percent_decode(fields[4]);
  std::string md5;
  if (fields[3] != "-") {
    if (fields[3].size() != 32) return std::nullopt;
    for (std::size_t i = 0; i < 32; i += 2) {
      auto const byte = number_of(fields[3].substr(i, 2), 16);
      if (!byte) return std::nullopt;
      md5 += static_cast<char>(*byte);
    }
  }
  if (!size || !etag || !blob) return std::nullopt;
  return JournalHead{std::move(*blob), std::move(*etag), *size, std::move(md5)};
}

std::optional<JournalRecord> parse_journal_record(std::string_view line) {
  auto const text = opened_line(line);
  if (!text) return std::nullopt;
  auto const fields = split(*text);
  if (fields.size() != 4 || fields[0] != "b") return std::nullopt;
  auto const first = parse_size(fields[1]), size = parse_size(fields[2]), sum = number_of(fields[3], 16);
  if (!first || !size || !sum) return std::nullopt;
  return JournalRecord{*first, *size, *sum};
}

void read_lines(int fd, std::size_t line_max, std::function<bool(std::string_view)> const& visit) {
  std::string line;
  std::vector<char> buffer(64 << 10);
  bool too_long = false;
  for (off_t at = 0;;) {
    auto const got = ::pread(fd, buffer.data(), buffer.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;  // what has no line end is torn
    at += got;
    for (std::string_view rest(buffer.data(), static_cast<std::size_t>(got)); !rest.empty();) {
      auto const end = rest.find('\n');
      auto const piece = rest.substr(0, end);
      too_long = too_long || line.size() + piece.size() > line_max;
      if (too_long)
        line.clear();
      else
        line += piece;
      if (end == std::string_view::npos) break;
      if (!too_long && !visit(line)) return;
      too_long = false;
      line.clear();
      rest.remove_prefix(end + 1);
    }
  }
}

}  // namespace azureml::transfer
