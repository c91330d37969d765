#include "transfer/download_answer.hpp"
#include "transfer/download_intervals.hpp"
#include "transfer/download_journal.hpp"
#include "transfer/download_part.hpp"
#include "transfer/download_sum.hpp"
#include "unit/transfer/download_fixture.hpp"

#include <fcntl.h>

#include <random>

namespace azureml::transfer {
namespace {

using test::noise;
using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(BlockSum, PiecesInAnyCut_GiveTheSumOfAll) {
  auto const text = noise(1000);
  auto const whole = sum_of(text);
  std::mt19937 generator(1);
  for (int i = 0; i < 200; ++i) {
    BlockSum sum;
    std::string_view rest = text;
    while (!rest.empty()) {
      auto const count = std::min<std::size_t>(rest.size(), generator() % 90);
      sum.update(rest.substr(0, count));
      rest.remove_prefix(count);
    }
    EXPECT_EQ(sum.value(), whole);
    EXPECT_EQ(sum.size(), text.size());
  }
}

TEST(BlockSum, AnyChange_ChangesIt) {
  for (std::size_t const size : {1U, 31U, 32U, 33U, 64U, 100U}) {
    auto text = noise(size);
    std::set<std::uint64_t> sums{sum_of(text), sum_of(text + '\0'), sum_of(text.substr(1))};
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
      text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
      sums.insert(sum_of(text));
      text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
    }
    EXPECT_EQ(sums.size(), size * 8 + 3);
  }
  EXPECT_NE(sum_of(std::string(4096, '\0')), sum_of(std::string(8192, '\0')));
}

TEST(Intervals, AreWhatASetOfBytesIs) {
  std::mt19937 generator(2);
  for (int round = 0; round < 300; ++round) {
    Intervals intervals;
    std::set<std::uint64_t> bytes;
    for (int i = 0; i < 12; ++i) {
      auto const first = generator() % 60, end = first + generator() % 9;
      intervals.add({first, end});
      for (auto at = first; at < end; ++at) bytes.insert(at);
    }
    if (round % 3 == 0) {
      auto const from = generator() % 70;
      intervals.remove_from(from);
      bytes.erase(bytes.lower_bound(from), bytes.end());
    }
    ASSERT_EQ(intervals.count(), bytes.size());
    std::uint64_t front = 0;
    while (bytes.contains(front)) ++front;
    ASSERT_EQ(intervals.front(), front);
    auto const gap = intervals.first_gap(80, 5);
    ASSERT_TRUE(gap);
    ASSERT_EQ(gap->first, front);
    auto end = front;
    while (!bytes.contains(end) && end < 80 && end - front < 5) ++end;
    ASSERT_EQ(gap->end, end);
  }
}

TEST(Intervals, WithoutAGap_GiveNone) {
  Intervals intervals;
  intervals.add({0, 10});
  EXPECT_FALSE(intervals.first_gap(10, 5));
  EXPECT_FALSE(intervals.first_gap(9, 5));
  EXPECT_EQ(intervals.first_gap(11, 5), (ByteInterval{10, 11}));
}

TEST(DownloadJournal, Lines_ComeBackAsTheyWere) {
  JournalHead const head{"a b/\xC3\xA9\n%", "\"0x8D 1\"", 123'456'789'012, std::string("\0\xFF\x10 567890123456", 16)};
  auto const line = journal_line(head);
  ASSERT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(parse_journal_head(line.substr(0, line.size() - 1)), head);
  JournalHead const bare{"a", "\"1\"", 0, {}};
  EXPECT_EQ(parse_journal_head(journal_line(bare).substr(0, journal_line(bare).size() - 1)), bare);
  JournalRecord const record{1, ~std::uint64_t{0}, 0x0123456789ABCDEF};
  auto const text = journal_line(record);
  EXPECT_EQ(parse_journal_record(text.substr(0, text.size() - 1)), record);
  EXPECT_FALSE(parse_journal_head(text.substr(0, text.size() - 1)));
  EXPECT_FALSE(parse_journal_record(line.substr(0, line.size() - 1)));
}

TEST(DownloadJournal, ChangedOrTornLines_AreNone) {
  auto line = journal_line(JournalRecord{1048576, 1048576, 42});
  line.pop_back();
  for (std::size_t size = 0; size < line.size(); ++size) EXPECT_FALSE(parse_journal_record(line.substr(0, size)));
  for (std::size_t bit = 0; bit < line.size() * 8; ++bit) {
    auto changed = line;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(parse_journal_record(changed)) << changed;
  }
}

TEST(DownloadJournal, Text_IsReadByLinesWithoutTheTornOne) {
  test::TemporaryDirectory const directory;
  auto const path = directory.write("j", "one\n\n" + std::string(200'000, 'x') + "\ntwo\ntorn");
  auto const fd = base::open_file(path, O_RDONLY);
  std::vector<std::string> lines;
  read_lines(fd.get(), 100, [&](std::string_view line) {
    lines.emplace_back(line);
    return true;
  });
  EXPECT_THAT(lines, ElementsAre("one", "", "two"));
}

TEST(BlobAnswer, EntityTags_AreComparedWithoutQuotes) {
  EXPECT_TRUE(is_same_etag("\"0x8D1\"", "0x8D1"));
  EXPECT_FALSE(is_same_etag("\"0x8D1\"", "\"0x8D2\""));
  EXPECT_FALSE(is_same_etag("\"", ""));
}

TEST(BlobAnswer, WeakEntityTag_NamesNoBytes) {
  http::Response const head{.status = 200, .headers = {{"ETag", "W/\"1\""}, {"Content-Length", "3"}}};
  EXPECT_EQ(read_blob_answer(head, false, "test").etag, "");
}

TEST(BlobAnswer, Md5OfARange_IsReadOnlyWhenItWasAskedFor) {
  http::Response const head{
      .status = 206,
      .headers = {{"ETag", "\"1\""}, {"Content-Range", "bytes 2-4/9"}, {"Content-MD5", "4VAcEW/jBcYyxVzyo+Q+Jw=="}}};
  EXPECT_THAT(read_blob_answer(head, true, "test").range_md5, SizeIs(16));
  EXPECT_EQ(read_blob_answer(head, false, "test").range_md5, "");
  EXPECT_EQ(read_blob_answer(head, true, "test").md5, "");
  EXPECT_EQ(read_blob_answer(head, true, "test").size, 3U);
}

}  // namespace
}  // namespace azureml::transfer
