#include "run_fixture.hpp"

#include <random>

namespace azureml::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kLog[] = "user_logs/std_log.txt";

/// Runs of the mocked service, which is polled unless a test says otherwise.
struct FollowTest : RunTest {
  azureml::Run with_steps(std::string const& id, std::vector<MockStep> steps) {
    service.add_job(id, "{}", std::move(steps));
    return workspace.get_run(id);
  }
};

TEST_F(FollowTest, LogOfOddBytesThatGrows_IsGivenExactlyOnce) {
  std::string const odd("50%\r60%\r\0\xff\xfe partial", 20);
  auto const job = with_steps("odd", {{.status = "Running", .appended = {{kLog, odd}}},
                                      {.status = "Running", .appended = {{kLog, " line\n"}}},
                                      {.status = "Completed", .appended = {{kLog, "late"}}}});
  std::string text;
  LogCursor last;
  auto const status = job.follow_logs([&](LogChunk const& chunk) {
    EXPECT_EQ(chunk.offset, text.size());
    EXPECT_EQ(chunk.rank, 0);
    text += chunk.text;
    last = *chunk.cursor;
    EXPECT_EQ(last.position(chunk.file), text.size());
  });
  EXPECT_EQ(status, RunState::completed);
  EXPECT_EQ(text, odd + " line\nlate");
  EXPECT_EQ(last.position(kLog), text.size());
}

TEST_F(FollowTest, FollowerThatEndsAnywhere_GoesOnWhereItWas) {
  std::string whole;
  for (int i = 0; i < 200; ++i) whole += "line " + std::to_string(i) + "\n";
  service.add_file("run_1", kLog, whole);
  std::mt19937 random(3);
  std::string text, stored;  // what a program keeps: the bytes and the cursor's text
  struct Killed {};
  for (int life = 0; text.size() < whole.size(); ++life) {
    ASSERT_LT(life, 5000);
    auto chunks = static_cast<int>(random() % 3);
    try {
      run.follow_logs(
          [&](LogChunk const& chunk) {
            // The process ends before or after it has stored both.
            if (chunks-- == 0 && random() % 2 == 0) throw Killed{};
            auto const part = chunk.text.substr(0, 1 + random() % 40);
            text += part;
            auto cursor = *chunk.cursor;
            cursor.set_position(chunk.file, chunk.offset + part.size());
            stored = cursor.to_string();
            if (chunks < 0 || part.size() < chunk.text.size()) throw Killed{};
          },
          {.from = LogCursor::parse(stored)});
    } catch (Killed const&) {
    }
  }
  EXPECT_EQ(text, whole);
}

TEST_F(FollowTest, CursorAtTheEnd_GivesNothing) {
  service.add_file("run_1", kLog, "all read");
  LogCursor cursor;
  cursor.set_position(kLog, 8);
  run.follow_logs([](LogChunk const& chunk) { ADD_FAILURE() << chunk.text; }, {.from = cursor});
}

TEST_F(FollowTest, LogShorterThanTheCursor_IsReported) {
  service.add_file("run_1", kLog, "short");
  LogCursor cursor;
  cursor.set_position(kLog, 100);
  auto const error = thrown<TransportError>([&] { run.follow_logs([](LogChunk const&) {}, {.from = cursor}); });
  EXPECT_THAT(error.what(), HasSubstr("user_logs/std_log.txt"));
  EXPECT_THAT(error.what(), HasSubstr("shorter than the 100 bytes"));
}

TEST_F(FollowTest, AddressesThatExpire_AreAskedForAgainAtTheSamePlace) {
  auto const job = with_steps("expires", {{.status = "Running", .appended = {{kLog, "one\n"}}},
                                          {.status = "Running", .appended = {{kLog, "two\n"}}},
                                          {.status = "Completed"}});
  std::string text;
  job.follow_logs([&](LogChunk const& chunk) {
    text += chunk.text;
    service.expire_addresses();
  });
  EXPECT_EQ(text, "one\ntwo\n");
}

TEST_F(FollowTest, RanksAndFiles_AreThoseAskedFor) {
  for (auto const* rank : {"0", "1", "10"})
    service.add_file("run_1", "user_logs/std_log_process_" + std::string(rank) + ".txt",
                     std::string("rank ") + rank + "\n");
  service.add_file("run_1", "system_logs/a.log", "system\n");
  auto const follow = [&](FollowOptions const& options) {
    std::vector<std::string> got;
    run.follow_logs(
        [&](LogChunk const& chunk) {
          got.push_back(std::to_string(chunk.rank.value_or(-1)) + ": " + std::string(chunk.text));
        },
        options);
    return got;
  };
  EXPECT_THAT(follow({}), ElementsAre("0: rank 0\n"));
  EXPECT_THAT(follow({.all_ranks = true}), ElementsAre("0: rank 0\n", "1: rank 1\n", "10: rank 10\n"));
  EXPECT_THAT(follow({.ranks = {10, 1}}), ElementsAre("1: rank 1\n", "10: rank 10\n"));
  EXPECT_THAT(follow({.files = {"system_logs/a.log"}}), ElementsAre("-1: system\n"));
  EXPECT_THAT(follow({.ranks = {5}}), ElementsAre());
}

TEST_F(FollowTest, ChoiceThatContradictsItself_IsRefusedBeforeAnyRequest) {
  auto const before = service.server().requests().size();
  EXPECT_EQ(
      thrown<ValidationError>([&] { run.follow_logs([](LogChunk const&) {}, {.ranks = {-1}, .all_ranks = true}); })
          .faults()
          .size(),
      2U);
  EXPECT_EQ(thrown<ValidationError>([&] { run.follow_logs({}); }).faults().size(), 1U);
  EXPECT_EQ(service.server().requests().size(), before);
}

TEST_F(FollowTest, AllRanksOnAServerThatHolds_AreFollowedTogether) {
  service.announce(20'000);
  auto const name = [](int rank) { return "user_logs/std_log_process_" + std::to_string(rank) + ".txt"; };
  auto const job = with_steps("ranks", {{.status = "Running", .appended = {{name(0), "a"}}},
                                        {.status = "Running", .appended = {{name(1), "b"}}},
                                        {.status = "Running", .appended = {{name(0), "c"}}},
                                        {.status = "Completed", .appended = {{name(1), "d"}}}});
  std::map<int, std::string> text;
  job.follow_logs([&](LogChunk const& chunk) { text[*chunk.rank] += chunk.text; }, {.all_ranks = true});
  EXPECT_EQ(text, (std::map<int, std::string>{{0, "ac"}, {1, "bd"}}));
}

TEST_F(FollowTest, LineView_TakesTheChunksOfARun) {
  service.add_file("run_1", kLog, "10%\r100%\ndone");
  std::vector<std::string> got;
  LogLines lines([&](LogLine const& line) { got.emplace_back(line.text); });
  run.follow_logs(std::ref(lines));
  lines.finish();
  EXPECT_THAT(got, ElementsAre("10%", "100%", "done"));
}

}  // namespace
}  // namespace azureml::test
