// The journal of an interrupted download. First byte: whether the lines are sealed here, so that what lies behind the seal is reached.
#include "fuzz/fuzz_input.hpp"
#include "transfer/download_journal.hpp"

#include <vector>

using namespace azureml;

namespace {

constexpr std::size_t kLineMax = 4096;

std::string_view without_end(std::string const& line) { return std::string_view(line).substr(0, line.size() - 1); }

void check_line(std::string_view line) {
  if (auto const head = transfer::parse_journal_head(line)) {
    fuzz::require(head->md5.empty() || head->md5.size() == 16, "an MD5 has 16 bytes");
    fuzz::require(transfer::parse_journal_head(without_end(transfer::journal_line(*head))) == head, "a head is read as it was written");
    fuzz::require(!transfer::parse_journal_record(line), "a head is no record");
  }
  if (auto const record = transfer::parse_journal_record(line))
    fuzz::require(transfer::parse_journal_record(without_end(transfer::journal_line(*record))) == record, "a record is read as it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto rest = fuzz::as_text(data, size);
  bool const seal = (fuzz::take_byte(rest) & 1U) != 0;
  std::string text;
  if (!seal) text = rest;
  while (seal && !rest.empty()) text += transfer::sealed_line(fuzz::take_line(rest));

  std::vector<std::string> expected;
  for (std::string_view all = text; all.find('\n') != all.npos;) {
    auto const line = fuzz::take_line(all);
    if (line.size() <= kLineMax) expected.emplace_back(line);
  }
  fuzz::MemoryFile file;
  file.append(text);
  std::vector<std::string> lines;
  transfer::read_lines(file.fd(), kLineMax, [&](std::string_view line) {
    lines.emplace_back(line);
    check_line(line);
    return true;
  });
  fuzz::require(lines == expected, "every whole line that is not too long is visited once");
  return 0;
}
