#include "engine/runner/crc32.hpp"
#include "engine/runner/journal.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace azureml::engine::runner {
namespace {

using test::append_text;
using test::read_text;
using test::write_text;

struct JournalTest : ::testing::Test {
  test::TemporaryDirectory directory{};
  std::filesystem::path path = directory.path() / "journal.jsonl";
  static std::string line(std::uint64_t seq, std::string const& event) { return encode_journal_line(seq, "2026-01-01T00:00:00Z", event, {}); }
};

TEST(Crc32, CheckValueOfTheAlgorithm_IsTheKnownOne) { EXPECT_EQ(crc32("123456789"), 0xCBF43926U); }

TEST_F(JournalTest, WrittenRecords_AreReadBackInOrder) {
  JournalWriter writer(path);
  writer.append("spawned", {{"pid", 7}});
  writer.append("ended", {{"status", "Completed"}});
  auto const records = JournalReader(path).read();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].seq, 1U);
  EXPECT_EQ(records[1].event, "ended");
  EXPECT_EQ(nlohmann::json::parse(records[0].text)["pid"], 7);
  EXPECT_EQ(nlohmann::json::parse(records[0].text)["v"], 1);
}

TEST_F(JournalTest, MissingFile_HasNoRecordYet) { EXPECT_TRUE(JournalReader(path).read().empty()); }

TEST_F(JournalTest, TornLastLine_WaitsForItsRest) {
  auto const second = line(2, "started");
  write_text(path, line(1, "spawned") + second.substr(0, second.size() / 2));
  JournalReader reader(path);
  EXPECT_EQ(reader.read().size(), 1U);
  EXPECT_TRUE(reader.read().empty());
  append_text(path, second.substr(second.size() / 2));
  auto const records = reader.read();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].event, "started");
}

TEST_F(JournalTest, TornAtEveryByte_NeverGivesMoreThanWhatIsComplete) {
  auto const whole = line(1, "spawned") + line(2, "ended");
  auto const first = line(1, "spawned").size();
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    write_text(path, whole.substr(0, length));
    EXPECT_EQ(JournalReader(path).read().size(), length == whole.size() ? 2U : length >= first ? 1U : 0U) << length;
  }
}

TEST_F(JournalTest, EveryFlippedBitInTheMiddle_StopsWithTheRecordsBefore) {
  auto const second = line(2, "started");
  for (std::size_t at = 0; at + 1 < second.size(); ++at) {
    auto damaged = second;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    if (damaged[at] == '\n') continue;
    write_text(path, line(1, "spawned") + damaged + line(3, "ended"));
    JournalReader reader(path);
    EXPECT_EQ(reader.read().size(), 1U);
    try {
      reader.read();
      ADD_FAILURE() << "byte " << at << " was not noticed";
    } catch (JournalDamaged const& error) {
      EXPECT_NE(std::string(error.what()).find("record 2"), std::string::npos);
    }
  }
}

TEST_F(JournalTest, GapInTheNumbers_IsDamage) {
  write_text(path, line(1, "spawned") + line(3, "ended"));
  JournalReader reader(path);
  EXPECT_EQ(reader.read().size(), 1U);
  EXPECT_THROW(reader.read(), JournalDamaged);
}

TEST_F(JournalTest, EndlessLine_IsDamageInsteadOfMemory) {
  write_text(path, std::string(kJournalLineMax + 10, 'x'));
  JournalReader reader(path);
  EXPECT_THROW(reader.read(), JournalDamaged);
}

TEST_F(JournalTest, SkippedRecords_AreCheckedButNotGiven) {
  write_text(path, line(1, "spawned") + line(2, "started") + line(3, "launched"));
  JournalReader reader(path);
  reader.skip_to(2);
  auto const records = reader.read();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].seq, 3U);
}

TEST_F(JournalTest, WriterOnATornJournal_CutsTheTornLineAndGoesOn) {
  write_text(path, line(1, "spawned") + line(2, "started").substr(0, 9));
  JournalWriter writer(path);
  EXPECT_EQ(writer.next_seq(), 2U);
  writer.append("launched", {});
  auto const records = JournalReader(path).read();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].event, "launched");
}

TEST_F(JournalTest, InvalidUtf8InAMember_IsReplaced) {
  JournalWriter(path).append("ended", {{"error", "\xff\xfe"}});
  EXPECT_EQ(JournalReader(path).read().size(), 1U);
}

TEST_F(JournalTest, RecordLongerThanALineMayBe_IsRefusedBeforeItIsWritten) {
  JournalWriter writer(path);
  EXPECT_THROW(writer.append("ended", {{"text", std::string(kJournalLineMax, 'x')}}), std::length_error);
  EXPECT_TRUE(read_text(path).empty());
}

}  // namespace
}  // namespace azureml::engine::runner
