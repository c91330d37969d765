#include <azureml/log_lines.hpp>

#include <gmock/gmock.h>

#include <random>
#include <tuple>
#include <vector>

namespace azureml {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Line = std::tuple<std::string, std::string, LogLineEnd>;

struct Lines {
  std::vector<Line> got{};
  LogLines lines;
  explicit Lines(std::size_t line_max = 100)
      : lines([this](LogLine const& line) { got.emplace_back(line.text, line.file, line.end); }, line_max) {}
};

Line line(std::string text, LogLineEnd end = LogLineEnd::newline) {
  return {std::move(text), "", end};
}

TEST(LogLines, PartsOfALine_AreGivenOnceItIsWhole) {
  Lines all;
  all.lines.add("one\ntw");
  EXPECT_THAT(all.got, ElementsAre(line("one")));
  all.lines.add("");
  all.lines.add("o\n\nthree");
  EXPECT_THAT(all.got, ElementsAre(line("one"), line("two"), line("")));
  all.lines.finish();
  EXPECT_THAT(all.got, ElementsAre(line("one"), line("two"), line(""), line("three", LogLineEnd::none)));
  all.lines.finish();
  EXPECT_EQ(all.got.size(), 4U);
}

TEST(LogLines, ProgressBar_IsOneLineForEachStep) {
  Lines all;
  all.lines.add("10%\r20%\r30%\r\nnext\n");
  EXPECT_THAT(all.got, ElementsAre(line("10%", LogLineEnd::carriage_return), line("20%", LogLineEnd::carriage_return),
                                   line("30%"), line("next")));
}

TEST(LogLines, CarriageReturnAtTheEndOfAChunk_WaitsForWhatFollows) {
  Lines all;
  all.lines.add("a\r");
  EXPECT_THAT(all.got, IsEmpty());
  all.lines.add("\nb\r");
  all.lines.finish();
  EXPECT_THAT(all.got, ElementsAre(line("a"), line("b", LogLineEnd::carriage_return)));
}

TEST(LogLines, NulAndInvalidText_AreLeftAsTheyAre) {
  Lines all;
  std::string const odd("\0\xff\xfe\xc3(\0", 6);
  all.lines.add(odd + "\n");
  EXPECT_THAT(all.got, ElementsAre(line(odd)));
}

TEST(LogLines, LineLongerThanTheBound_ComesInPieces) {
  Lines all(4);
  all.lines.add("123456789\nabcd\n");
  EXPECT_THAT(all.got,
              ElementsAre(line("1234", LogLineEnd::cut), line("5678", LogLineEnd::cut), line("9"), line("abcd")));
}

TEST(LogLines, LogsOfSeveralProcesses_DoNotMeet) {
  Lines all;
  all.lines({.text = "a", .file = "x"});
  all.lines({.text = "b\n", .file = "y"});
  all.lines({.text = "c\n", .file = "x"});
  EXPECT_THAT(all.got, ElementsAre(Line("b", "y", LogLineEnd::newline), Line("ac", "x", LogLineEnd::newline)));
}

TEST(LogLines, AnyCutOfTheSameBytes_GivesTheSameLinesAndLosesNone) {
  std::mt19937 random(7);
  constexpr std::string_view kAlphabet("\r\n\0ab\xff", 6);
  for (int round = 0; round < 500; ++round) {
    std::string bytes;
    for (auto size = random() % 60; size > 0; --size) bytes += kAlphabet[random() % kAlphabet.size()];
    Lines whole(5), cut(5);
    whole.lines.add(bytes);
    whole.lines.finish();
    for (std::size_t at = 0; at < bytes.size();) {
      auto const size = std::min<std::size_t>(random() % 4, bytes.size() - at);
      cut.lines.add(std::string_view(bytes).substr(at, size));
      at += size;
    }
    cut.lines.finish();
    ASSERT_EQ(cut.got, whole.got) << testing::PrintToString(bytes);
    std::string text;
    for (auto const& [part, file, end] : whole.got) text += part;
    std::erase_if(bytes, [](char c) { return c == '\r' || c == '\n'; });
    ASSERT_EQ(text, bytes);
  }
}

}  // namespace
}  // namespace azureml
