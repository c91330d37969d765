#include "engine/runner/journal.hpp"

#include "base/time.hpp"
#include "engine/runner/crc32.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <system_error>

namespace azureml::engine::runner {
namespace {

constexpr std::string_view kCrcMember = ",\"crc\":\"";
constexpr std::size_t kCrcTail = 8 + 8 + 2;  // the member's head, eight digits, `"}`

std::string crc_text(std::string_view bytes) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", crc32(bytes));
  return text;
}

[[noreturn]] void damaged(std::uint64_t expected_seq, std::string const& why) {
  throw JournalDamaged("record " + std::to_string(expected_seq) + " of the journal is damaged: " + why);
}

}  // namespace

std::string encode_journal_line(std::uint64_t seq, std::string_view time, std::string_view event,
                                nlohmann::ordered_json const& members) {
  nlohmann::ordered_json record{{"v", 1}, {"seq", seq}, {"time", time}, {"event", event}};
  for (auto const& [name, value] : members.items()) record[name] = value;
  auto line = record.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  line.pop_back();  // the closing brace: the checksum is the last member
  auto const crc = crc_text(line);
  line.append(kCrcMember).append(crc).append("\"}\n");
  if (line.size() > kJournalLineMax) throw std::length_error("a journal record of " + std::to_string(line.size()) + " bytes is too long");
  return line;
}

JournalRecord decode_journal_line(std::string_view line, std::uint64_t expected_seq) {
  if (line.size() < kCrcTail + 2) damaged(expected_seq, "the line is too short");
  auto const body = line.substr(0, line.size() - kCrcTail);
  auto const tail = line.substr(line.size() - kCrcTail);
  if (tail.substr(0, kCrcMember.size()) != kCrcMember || tail.substr(tail.size() - 2) != "\"}")
    damaged(expected_seq, "the line has no checksum at its end");
  if (tail.substr(kCrcMember.size(), 8) != crc_text(body)) damaged(expected_seq, "the checksum does not match");
  auto const json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) damaged(expected_seq, "the line is not a JSON object");
  JournalRecord record;
  auto const version = json.find("v");
  auto const seq = json.find("seq");
  auto const event = json.find("event");
  if (version == json.end() || *version != 1) damaged(expected_seq, "its format version is not 1");
  if (seq == json.end() || !seq->is_number_unsigned()) damaged(expected_seq, "it has no sequence number");
  record.seq = seq->get<std::uint64_t>();
  if (record.seq != expected_seq) damaged(expected_seq, "its sequence number is " + std::to_string(record.seq));
  if (event == json.end() || !event->is_string()) damaged(expected_seq, "it names no event");
  record.event = event->get<std::string>();
  if (auto const time = json.find("time"); time != json.end() && time->is_string()) record.time = time->get<std::string>();
  record.text = std::string(line);
  return record;
}

JournalReader::JournalReader(std::filesystem::path path) : path_(std::move(path)) {}

void JournalReader::take_lines(std::vector<JournalRecord>& records) {
  std::size_t begin = 0;
  for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n', begin)) {
    try {
      auto record = decode_journal_line(std::string_view(pending_).substr(begin, end - begin), next_);
      if (record.seq > skip_) records.push_back(std::move(record));
    } catch (JournalDamaged const& error) {
      damage_ = error.what();
      break;
    }
    ++next_;
    offset_ += end + 1 - begin;
    begin = end + 1;
  }
  pending_.erase(0, begin);
  if (damage_.empty() && pending_.size() > kJournalLineMax)
    damage_ = "record " + std::to_string(next_) + " of the journal is damaged: its line is too long";
}

std::vector<JournalRecord> JournalReader::read() {
  std::vector<JournalRecord> records;
  if (!damage_.empty()) throw JournalDamaged(damage_);
  if (!fd_) {
    int const fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return records;
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "cannot open '" + path_.string() + "'");
    fd_.reset(fd);
  }
  while (damage_.empty()) {
    char block[16 * 1024];
    auto const count = ::pread(fd_.get(), block, sizeof block, static_cast<off_t>(offset_ + pending_.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw std::system_error(errno, std::generic_category(), "cannot read '" + path_.string() + "'");
    if (count == 0) break;
    pending_.append(block, static_cast<std::size_t>(count));
    take_lines(records);
  }
  if (records.empty() && !damage_.empty()) throw JournalDamaged(damage_);
  return records;
}

JournalWriter::JournalWriter(std::filesystem::path path) : path_(std::move(path)) {
  JournalReader reader(path_);
  reader.skip_to(UINT64_MAX);
  reader.read();
  next_ = reader.last_seq() + 1;
  fd_ = base::open_file(path_, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (::ftruncate(fd_.get(), static_cast<off_t>(reader.offset())) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot cut the torn end of '" + path_.string() + "' off");
}

void JournalWriter::append(std::string_view event, nlohmann::ordered_json const& members) {
  auto const line = encode_journal_line(next_, base::to_iso8601(std::chrono::system_clock::now()), event, members);
  base::write_all(fd_.get(), line, path_.string());
  if (::fdatasync(fd_.get()) != 0) throw std::system_error(errno, std::generic_category(), "cannot write '" + path_.string() + "'");
  ++next_;
}

}  // namespace azureml::engine::runner
