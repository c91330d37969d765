#include "cli/progress.hpp"
#include "cli/transfer_report.hpp"
#include "support/fake_clock.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <csignal>
#include <future>

namespace azureml::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kMiB = 1 << 20;

TransferProgress half_way() {
  return {.phase = TransferPhase::downloading,
          .bytes_done = 45 * kMiB,
          .bytes_total = 100 * kMiB,
          .files_done = 3,
          .files_total = 10,
          .bytes_per_second = 5.0 * kMiB,
          .time_left = 78s};
}

TEST(ProgressLine, WithRoom_SaysEverything) {
  EXPECT_EQ(progress_line(half_way(), 200, true),
            "Downloading  45% [=========>          ] 45.0 MiB of 100.0 MiB, 3 of 10 files, 5.0 MiB/s, 1:18 left");
  EXPECT_EQ(progress_line(half_way(), 200, false),
            "Downloading  45% 45.0 MiB of 100.0 MiB, 3 of 10 files, 5.0 MiB/s, 1:18 left");
}

TEST(ProgressLine, WithoutRoom_LeavesOutTheBarFirstAndIsNeverTooLong) {
  EXPECT_EQ(progress_line(half_way(), 79, true),
            "Downloading  45% 45.0 MiB of 100.0 MiB, 3 of 10 files, 5.0 MiB/s, 1:18 left");
  EXPECT_EQ(progress_line(half_way(), 63, true), "Downloading  45% 45.0 MiB of 100.0 MiB, 5.0 MiB/s, 1:18 left");
  EXPECT_EQ(progress_line(half_way(), 50, true), "Downloading  45% 45.0 MiB of 100.0 MiB, 1:18 left");
  EXPECT_EQ(progress_line(half_way(), 20, true), "Downloading  45%");
  for (std::size_t width = 1; width < 120; ++width) EXPECT_LE(progress_line(half_way(), width, true).size(), width);
}

TEST(ProgressLine, UnknownTotals_SayWhatIsKnown) {
  EXPECT_EQ(progress_line({.phase = TransferPhase::uploading, .bytes_done = 512, .files_done = 1}, 80, true),
            "Uploading 512 B, 1 file");
  EXPECT_EQ(progress_line({.phase = TransferPhase::hashing, .files_done = 1, .files_total = 4}, 60, true),
            "Reading 0 B, 1 of 4 files");
  EXPECT_EQ(progress_line({.phase = TransferPhase::hashing, .files_done = 0, .files_total = 1}, 60, true),
            "Reading 0 B, 0 of 1 file");
  EXPECT_EQ(progress_line({.phase = TransferPhase::hashing,
                           .bytes_done = 5,
                           .files_done = 1,
                           .files_total = 4,
                           .bytes_per_second = 2048},
                          26, true),
            "Reading 5 B, 1 of 4 files");
  // A file that grew while it was counted.
  EXPECT_THAT(progress_line({.bytes_done = 20, .bytes_total = 10}, 60, true), HasSubstr("100% [====================]"));
}

TEST(ProgressLine, LongTimes_HaveHours) {
  auto progress = half_way();
  progress.time_left = 2h + 3min + 4s;
  EXPECT_THAT(progress_line(progress, 200, true), HasSubstr("2:03:04 left"));
}

struct ShownProgress : testing::Test {
  test::FakeClock clock;
  std::string written;
  std::size_t width = 80;
  [[nodiscard]] Progress::Output output(bool is_terminal) {
    return {.write = [this](std::string_view text) { written += text; },
            .width = [this] { return width; },
            .is_terminal = is_terminal,
            .clock = &clock};
  }
};

TEST_F(ShownProgress, Terminal_HasALineThatIsOverwrittenAndErased) {
  {
    Progress progress(ProgressStyle::automatic, output(true));
    EXPECT_TRUE(progress.shown());
    progress.transfer(half_way());
    EXPECT_TRUE(written.starts_with("\rDownloading  45%"));
    EXPECT_TRUE(written.ends_with("\033[K"));
    EXPECT_THAT(written, Not(HasSubstr("\n")));
    width = 18;
    written.clear();
    progress.transfer(half_way());
    EXPECT_EQ(written, "\rDownloading  45%\033[K");
    written.clear();
    progress.line("Run x");
    EXPECT_EQ(written, "\r\033[KRun x\n");
    progress.transfer(half_way());
    written.clear();
  }
  EXPECT_EQ(written, "\r\033[K");
}

TEST_F(ShownProgress, Pipe_HasNothingUnlessAskedFor) {
  Progress progress(ProgressStyle::automatic, output(false));
  EXPECT_FALSE(progress.shown());
  progress.transfer(half_way());
  progress.line("Run x");
  progress.clear();
  EXPECT_EQ(written, "");
  EXPECT_EQ(progress.last().files_done, 3U);
}

TEST_F(ShownProgress, Plain_HasALineEveryFewSecondsAndOneAtTheEnd) {
  Progress progress(ProgressStyle::plain, output(false));
  auto now = half_way();
  for (int i = 0; i < 100; ++i) {
    now.bytes_done = static_cast<std::uint64_t>(i) * kMiB;
    progress.transfer(now);
    clock.advance(100ms);
  }
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 1);
  now.bytes_done = now.bytes_total;
  progress.transfer(now);
  progress.clear();
  progress.clear();
  EXPECT_THAT(written, Not(HasSubstr("\r")));
  EXPECT_THAT(written, Not(HasSubstr("[")));
  EXPECT_TRUE(written.ends_with("Downloading 100% 100.0 MiB of 100.0 MiB, 3 of 10 files, 5.0 MiB/s\n")) << written;
  EXPECT_LE(std::count(written.begin(), written.end(), '\n'), 3);
}

TEST_F(ShownProgress, None_IsSilentAboutTransfersOnATerminalToo) {
  Progress progress(ProgressStyle::none, output(true));
  progress.transfer(half_way());
  EXPECT_EQ(written, "");
  progress.line("Run x");
  EXPECT_EQ(written, "Run x\n");
}

TEST(ProgressOption, Words_ChooseTheStyle) {
  auto const chosen = [](std::string const& word) {
    ProgressStyle style = ProgressStyle::automatic;
    CLI::App app;
    add_progress_option(app, style);
    app.parse("--progress " + word);
    return style;
  };
  EXPECT_EQ(chosen("plain"), ProgressStyle::plain);
  EXPECT_EQ(chosen("bar"), ProgressStyle::bar);
  EXPECT_EQ(chosen("none"), ProgressStyle::none);
  EXPECT_EQ(chosen("auto"), ProgressStyle::automatic);
  EXPECT_THROW(chosen("colourful"), CLI::ParseError);
}

TEST(TransferReportText, Report_IsOneLineAndJson) {
  EXPECT_EQ(describe({.files = 1, .bytes = 512}), "1 file, 512 B");
  EXPECT_EQ(describe({.files = 3, .bytes = 3 * kMiB / 2, .skipped = 2, .resumed_bytes = kMiB}),
            "3 files, 1.5 MiB; 2 were there already; 1.0 MiB had been moved before");
  auto const record = nlohmann::json::parse(
      to_json_text(TransferReport{.files = 2, .bytes = 10, .skipped = 1, .paths = {"a/b", "c\xff"}}));
  EXPECT_EQ(record["files"], 2);
  EXPECT_EQ(record["bytes"], 10);
  EXPECT_EQ(record["skipped"], 1);
  EXPECT_EQ(record["resumed_bytes"], 0);
  EXPECT_EQ(record["paths"].size(), 2U);
}

TEST(TransferReportText, Interruption_SaysWhatIsKept) {
  EXPECT_EQ(describe_interrupted({}, "downloaded"), "interrupted; nothing was downloaded yet");
  EXPECT_EQ(describe_interrupted(half_way(), "uploaded"),
            "interrupted; 45.0 MiB of 100.0 MiB, 3 of 10 files whole, are uploaded and kept: the same command goes on "
            "from there");
  EXPECT_THAT(describe_interrupted({.bytes_done = 5, .files_done = 1}, "downloaded"),
              HasSubstr("5 B, 1 file whole, are"));
}

TEST(RunTransfer, CtrlC_SaysWhatIsKeptAndHasItsCode) {
  Interrupt const interrupt;
  Progress progress(ProgressStyle::none);
  testing::internal::CaptureStderr();
  auto const code = run_transfer(interrupt, progress, "downloaded", [&] {
    progress.transfer(half_way());
    std::promise<void> stopped;
    std::stop_callback const on_stop(interrupt.token(), [&] { stopped.set_value(); });
    ::kill(::getpid(), SIGINT);
    stopped.get_future().wait();
    throw StoppedError("stopped");
  });
  EXPECT_EQ(code, 130);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "azureml: interrupted; 45.0 MiB of 100.0 MiB, 3 of 10 files whole, are downloaded and kept: the same "
            "command goes on from there\n");
}

TEST(RunTransfer, StopWithoutCtrlC_IsAnError) {
  Interrupt const interrupt;
  Progress progress(ProgressStyle::none);
  EXPECT_THROW(run_transfer(interrupt, progress, "downloaded", [] { throw StoppedError("the time is over"); }),
               StoppedError);
  EXPECT_EQ(run_transfer(interrupt, progress, "downloaded", [] {}), 0);
}

}  // namespace
}  // namespace azureml::cli
