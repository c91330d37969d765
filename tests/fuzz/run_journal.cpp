// A supervisor's journal, while it is written: what a reader gives out does not depend on when it looks. First byte: whether the lines
// are given their checksums here, so that what lies behind the checksum is reached too; second byte: where the reader looks early.
#include "engine/runner/crc32.hpp"
#include "engine/runner/journal.hpp"
#include "fuzz/fuzz_input.hpp"

#include <algorithm>
#include <cstdio>

using namespace azureml;
namespace runner = engine::runner;

namespace {

/// `{"v":1,…` with the checksum's member behind it.
std::string sealed(std::string_view body) {
  char crc[9];
  std::snprintf(crc, sizeof crc, "%08x", runner::crc32(body));
  return std::string(body) + ",\"crc\":\"" + crc + "\"}\n";
}

std::string sealed_lines(std::string_view rest) {
  std::string text;
  while (!rest.empty()) text += sealed(fuzz::take_line(rest));
  return text;
}

struct Result {
  std::vector<std::string> records{};
  bool is_damaged = false;
  std::uint64_t seq = 0, offset = 0;
  friend bool operator==(Result const&, Result const&) = default;
};

void read(runner::JournalReader& reader, Result& result) {
  try {
    for (auto& record : reader.read()) result.records.push_back(std::move(record.text));
    (void)reader.read();  // damage behind good records is told by the next call
  } catch (runner::JournalDamaged const&) {
    result.is_damaged = true;
  }
  result.seq = reader.last_seq();
  result.offset = reader.offset();
}

Result read_with_pause(std::string_view text, std::size_t pause) {
  fuzz::MemoryFile file;
  runner::JournalReader reader(file.path());
  Result result;
  file.append(text.substr(0, pause));
  if (pause > 0) read(reader, result);
  file.append(text.substr(pause));
  read(reader, result);
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto rest = fuzz::as_text(data, size);
  bool const seal = (fuzz::take_byte(rest) & 1U) != 0;
  std::size_t const pause = fuzz::take_byte(rest);
  auto const text = seal ? sealed_lines(rest) : std::string(rest);
  auto const whole = read_with_pause(text, 0);
  fuzz::require(whole.offset <= text.size(), "a reader does not get beyond the file");
  fuzz::require(whole.seq == whole.records.size(), "records are numbered from one without a gap");
  fuzz::require(whole == read_with_pause(text, std::min(pause, text.size())), "the records do not depend on when the file is looked at");
  return 0;
}
