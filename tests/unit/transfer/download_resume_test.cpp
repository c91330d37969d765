#include "base/digest.hpp"
#include "transfer/download_blob.hpp"
#include "transfer/download_journal.hpp"
#include "transfer/download_sum.hpp"
#include "unit/transfer/download_fixture.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <random>
#include <thread>

namespace azureml::transfer {
namespace {

using test::noise;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Server = test::DownloadServer;
namespace fs = std::filesystem;

constexpr std::size_t kSize = 10'000'003;

struct DownloadResume : test::DownloadTest {
  std::string const text = noise(kSize);
  fs::path part = root / ".model.bin.azureml-part", journal = root / ".model.bin.azureml-part.journal";

  /// Checks that another call makes the file whole, and takes what it had to fetch.
  std::uint64_t resume(std::string const& expected) {
    server.work_again();
    server.take_bytes_given();
    auto const report = file("model.bin");
    EXPECT_TRUE(content(root / "model.bin") == expected);
    EXPECT_THAT(names(), ElementsAre("model.bin"));
    EXPECT_EQ(report.files, 1U);
    return server.take_bytes_given();
  }
  std::uint64_t resume() { return resume(text); }
  /// Ends a call after so many bytes by a stop or by a dead network.
  std::uint64_t interrupt(std::uint64_t bytes, bool by_stop) {
    std::stop_source stop;
    server.take_bytes_given();
    server.end_after(bytes, [&] {
      if (by_stop) stop.request_stop();
    });
    if (by_stop) {
      EXPECT_THROW(file("model.bin", {.stop = stop.get_token()}), StoppedError);
    } else {
      EXPECT_THROW(file("model.bin"), TransportError);
    }
    EXPECT_FALSE(fs::exists(root / "model.bin"));
    return server.take_bytes_given();
  }
  void write(fs::path const& path, std::string_view bytes) const {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }
};

TEST_F(DownloadResume, InterruptedAtAnyByte_MovesAtMostOneBlockAgain) {
  std::mt19937 generator(7);
  for (int i = 0; i < 100; ++i) {
    fs::remove_all(root);
    bool const tells_md5 = i % 3 != 0;
    server.put("model.bin", {.content = text, .tells_md5 = tells_md5});
    server.piece = 1000 + generator() % 1'000'000;
    auto const at = 1 + generator() % (kSize - 1);
    auto const first = interrupt(at, i % 2 == 0);
    auto const second = resume();
    // Ranges that only count as a whole are lost with their end; all else is where it was.
    EXPECT_LE(first + second, kSize + (tells_md5 ? 1 : kBlock)) << "ended after " << at;
  }
}

TEST_F(DownloadResume, InterruptedManyTimes_ComesTogether) {
  server.put("model.bin", {.content = text});
  std::uint64_t all = 0;
  for (int i = 0; i < 5; ++i) all += interrupt(1'700'000, i % 2 == 0);
  all += resume();
  EXPECT_LE(all, kSize + 6);
}

TEST_F(DownloadResume, Failure_TellsWhatIsKept) {
  server.put("model.bin", {.content = text});
  server.end_after(9'000'000);
  EXPECT_THAT(message<TransportError>([&] { file("model.bin"); }),
              AllOf(HasSubstr("9000000 bytes of 'model.bin' is kept"), HasSubstr("goes on from there")));
  EXPECT_LE(resume(), kSize - 9'000'000 + 1)
      << "one byte more when the last one is there already: to see that the blob is the same";
}

TEST_F(DownloadResume, Report_TellsWhatWasNotMovedAgain) {
  server.put("model.bin", {.content = text});
  interrupt(9'000'000, true);
  server.work_again();
  auto const report = file("model.bin");
  EXPECT_GE(report.resumed_bytes, 9'000'000U - 1);
  EXPECT_EQ(report.resumed_bytes + report.bytes, kSize);
}

TEST_F(DownloadResume, KilledAtAnyRequest_GoesOnWithWhatIsOnTheDisk) {
  struct State {
    std::string journal{}, part{};
    std::uint64_t given = 0;
  };
  server.piece = 100'000;
  for (bool const tells_md5 : {true, false}) {
    server.put("model.bin", {.content = text, .tells_md5 = tells_md5});
    std::vector<State> states;
    // A process that is killed leaves the files as they are at that moment: here at each request of an undisturbed
    // call.
    server.on_answer([&](Server::Sent const& sent, auto&) {
      states.push_back({.journal = content(journal), .part = content(part), .given = sent.given});  // in this order
      return Server::Fate{};
    });
    fs::remove_all(root);
    server.take_bytes_given();
    file("model.bin");
    server.on_answer({});
    ASSERT_GE(states.size(), 2U);
    for (auto const& state : states) {
      for (int kind = 0; kind < 6; ++kind) {
        fs::remove_all(root);
        auto const half = state.part.size() / 2;
        if (kind != 1) write(part, kind == 2 ? state.part.substr(0, half) : state.part);
        if (kind == 3) {  // pages that a power cut has kept from the disk
          auto torn = state.part;
          std::fill(torn.begin() + static_cast<std::ptrdiff_t>(half), torn.end(), '\0');
          write(part, torn);
        }
        if (kind != 4) write(journal, state.journal);
        if (kind == 5) write(root / "model.bin", "old");
        auto const again = resume();
        EXPECT_TRUE(kind != 0 || state.given + again <= kSize + kBlock) << state.given << " " << again;
      }
    }
  }
}

TEST_F(DownloadResume, CompletePartNotYetInPlace_CostsOneByte) {
  server.put("model.bin", {.content = text});
  write(part, text);
  write(journal, journal_line(JournalHead{"model.bin", "\"0x8D1\"", kSize, {}}) +
                     journal_line(JournalRecord{0, kSize, sum_of(text)}));
  EXPECT_EQ(resume(), 1U);
}

TEST_F(DownloadResume, BlobChangedInBetween_BeginsAgain) {
  server.put("model.bin", {.content = text});
  interrupt(9'000'000, true);
  auto const fresh = noise(kSize, 2);
  server.put("model.bin", {.content = fresh, .etag = "\"0x8D2\""});
  EXPECT_EQ(resume(fresh), kSize);
}

TEST_F(DownloadResume, SmallNow_LeavesNothingOfTheLargeOne) {
  server.put("model.bin", {.content = text});
  interrupt(9'000'000, true);
  server.put("model.bin", {.content = "small", .etag = "\"0x8D2\""});
  EXPECT_EQ(resume("small"), 5U);
}

TEST_F(DownloadResume, AnotherBlobsPart_IsNotTaken) {
  server.put("model.bin", {.content = text});
  interrupt(9'000'000, true);
  auto const other = noise(kSize, 3);
  server.put("other.bin", {.content = other});  // its entity tag happens to be the same
  server.work_again();
  file("other.bin");
  EXPECT_TRUE(content(root / "model.bin") == other);
}

TEST_F(DownloadResume, PartChangedByOthers_IsFetchedAgainWhereItWas) {
  for (bool const tells_md5 : {true, false}) {
    fs::remove_all(root);
    server.put("model.bin", {.content = text, .tells_md5 = tells_md5});
    interrupt(9'000'000, true);
    auto bytes = content(part);
    bytes[1'500'000] = static_cast<char>(bytes[1'500'000] ^ 1);
    write(part, bytes);
    EXPECT_LT(resume(), kBlock);
  }
}

TEST_F(DownloadResume, JournalChangedAnywhere_NeverMakesAWrongFile) {
  // Small enough that each try is quick, large enough for a journal.
  auto const size = kBlock + 300'000;
  auto const blob = noise(size);
  server.put("model.bin", {.content = blob, .tells_md5 = false, .sums_ranges = false});
  server.piece = 1 << 20;
  interrupt(6'500'000, true);
  auto const good_journal = content(journal), good_part = content(part);
  ASSERT_GT(good_journal.size(), 200U);
  std::mt19937 generator(11);
  for (std::size_t at = 0; at < good_journal.size(); at += 1 + generator() % 30) {
    for (int kind = 0; kind < 3; ++kind) {
      auto changed = good_journal;
      if (kind == 0) changed.resize(at);
      if (kind == 1) changed[at] = static_cast<char>(changed[at] ^ (1 << generator() % 8));
      if (kind == 2) changed.insert(at, good_journal.substr(generator() % good_journal.size(), 40));
      fs::remove_all(root);
      write(part, good_part);
      write(journal, changed);
      server.work_again();
      file("model.bin");
      ASSERT_TRUE(content(root / "model.bin") == blob) << "changed at " << at << ", kind " << kind;
      ASSERT_THAT(names(), ElementsAre("model.bin"));
    }
  }
}

TEST_F(DownloadResume, AnyFlippedByte_IsFound) {
  std::mt19937 generator(3);
  constexpr std::size_t kLength = 9'500'000;
  auto const blob = noise(kLength);
  server.piece = 1 << 20;
  for (bool const tells_md5 : {true, false}) {
    server.put("model.bin", {.content = blob, .tells_md5 = tells_md5});
    for (int i = 0; i < 16; ++i) {
      auto const at = i == 0 ? 0 : i == 1 ? kLength - 1 : generator() % kLength;
      bool const always = i % 2 == 0;
      bool done = false;
      server.on_answer([&](Server::Sent const& sent, http::Response& answer) {
        auto const first = std::stoull(sent.range.substr(6));
        if ((!always && done) || at < first || at - first >= answer.body.size()) return Server::Fate{};
        done = true;
        answer.body[at - first] = static_cast<char>(answer.body[at - first] ^ (1 << generator() % 8));
        return Server::Fate{};
      });
      fs::remove_all(root);
      if (always) {
        EXPECT_THROW(file("model.bin"), TransportError) << at;
        EXPECT_FALSE(fs::exists(root / "model.bin"));
      } else {
        file("model.bin");
        EXPECT_TRUE(content(root / "model.bin") == blob) << at;
      }
    }
  }
}

TEST_F(DownloadResume, HeldByAnotherDownload_IsRefused) {
  server.put("model.bin", {.content = "1"});
  write(part, "");
  int const fd = ::open(part.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(fd, LOCK_EX), 0);
  EXPECT_THAT(message<FileError>([&] { file("model.bin"); }), HasSubstr("another download is writing it"));
  EXPECT_THAT(server.requests(), IsEmpty());
  ::close(fd);
  file("model.bin");
  EXPECT_EQ(content(root / "model.bin"), "1");
}

TEST_F(DownloadResume, SameTargetFromManyThreads_IsOneWholeFile) {
  server.put("model.bin", {.content = text});
  std::atomic<int> done{0}, refused{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        try {
          file("model.bin");
          ++done;
        } catch (FileError const&) {
          ++refused;
        }
      });
  }
  EXPECT_GE(done, 1);
  EXPECT_EQ(done + refused, 4);
  EXPECT_TRUE(content(root / "model.bin") == text);
  EXPECT_THAT(names(), ElementsAre("model.bin"));
}

TEST_F(DownloadResume, FilesInterruptedTogether_AllComeWhole) {
  std::vector<DownloadItem> items;
  std::mt19937 generator(5);
  std::uint64_t total = 0;
  for (unsigned i = 0; i < 30; ++i) {
    auto const name = "f" + std::to_string(i);
    auto const size = i % 10 == 0 ? 10'000'000 + i : 1000 * i;
    server.put(name, {.content = noise(size, i), .tells_md5 = i % 3 != 0});
    items.push_back({.blob = name, .target = "d/" + name});
    total += size;
  }
  std::uint64_t given = 0;
  for (int i = 0; i < 6; ++i) {
    server.end_after(generator() % (total / 6));
    EXPECT_THROW(files(items), TransportError);
    given += server.take_bytes_given();
  }
  server.work_again();
  files(items);
  given += server.take_bytes_given();
  for (unsigned i = 0; i < 30; ++i)
    EXPECT_TRUE(content(root / items[i].target) == noise(i % 10 == 0 ? 10'000'000 + i : 1000 * i, i)) << i;
  EXPECT_THAT(names(), SizeIs(30));
  EXPECT_LE(given, total + 6 * 3 * kBlock);
}

}  // namespace
}  // namespace azureml::transfer
