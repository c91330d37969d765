#include "transfer/meter.hpp"
#include "support/fake_clock.hpp"

#include <gmock/gmock.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace azureml::transfer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::SizeIs;

struct Meters : ::testing::Test {
  test::FakeClock clock{};
  std::vector<TransferProgress> reports{};
  std::vector<std::string> names{};
  ProgressHandler handler = [this](TransferProgress const& progress) {
    reports.push_back(progress);
    names.emplace_back(progress.current);
  };
};

TEST_F(Meters, Reports_AtMostTenASecondAndOnceAtTheEnd) {
  Meter meter(TransferPhase::uploading, 100, 2, handler, clock);
  meter.report();
  for (int i = 0; i < 10; ++i) {
    clock.advance(milliseconds(30));
    meter.report();
  }
  EXPECT_THAT(reports, SizeIs(3)) << "at 0, 120 and 240 ms";
  meter.report_end();
  EXPECT_THAT(reports, SizeIs(4));
}

TEST_F(Meters, Report_SaysWhatIsDoneAndWhichFileIsUnderWay) {
  Meter meter(TransferPhase::uploading, 100, 2, handler, clock);
  meter.begin_file("a");
  meter.move(30);
  meter.move(-10);
  meter.skip(5);
  meter.end_file();
  meter.begin_file("b");
  meter.report();
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].phase, TransferPhase::uploading);
  EXPECT_EQ(reports[0].bytes_done, 25U);
  EXPECT_EQ(reports[0].bytes_total, 100U);
  EXPECT_EQ(reports[0].files_done, 1U);
  EXPECT_EQ(reports[0].files_total, 2U);
  EXPECT_EQ(names[0], "b");
}

TEST_F(Meters, Rate_IsThatOfTheLastSecondsAndGivesTheTimeLeft) {
  Meter meter(TransferPhase::downloading, 10'000, 1, handler, clock);
  meter.report();
  EXPECT_EQ(reports.back().bytes_per_second, 0);
  EXPECT_FALSE(reports.back().time_left);
  for (int i = 0; i < 20; ++i) {
    clock.advance(seconds(1));
    meter.move(i < 10 ? 500 : 100);
    meter.report();
  }
  EXPECT_DOUBLE_EQ(reports.back().bytes_per_second, 100) << "the first ten seconds are out of sight";
  ASSERT_TRUE(reports.back().time_left);
  EXPECT_EQ(*reports.back().time_left, seconds(40));
}

TEST_F(Meters, BytesThatNeedNotMove_AreNoPartOfTheRate) {
  Meter meter(TransferPhase::uploading, 1000, 1, handler, clock);
  meter.skip(900);
  meter.move(10);
  clock.advance(seconds(1));
  meter.report();
  EXPECT_EQ(reports.back().bytes_done, 910U);
  EXPECT_DOUBLE_EQ(reports.back().bytes_per_second, 10);
  EXPECT_EQ(*reports.back().time_left, seconds(9));
}

TEST_F(Meters, SentTwiceInPart_NeverMoreThanThereIs) {
  Meter meter(TransferPhase::uploading, 100, 1, handler, clock);
  meter.move(150);
  meter.report();
  EXPECT_EQ(reports.back().bytes_done, 100U);
  meter.move(-200);
  clock.advance(seconds(1));
  meter.report();
  EXPECT_EQ(reports.back().bytes_done, 0U);
}

TEST_F(Meters, End_UnknownTotalsAreWhatWasDoneAndNoTimeIsLeft) {
  Meter meter(TransferPhase::downloading, 0, 0, handler, clock);
  meter.move(70);
  meter.end_file();
  meter.report();
  EXPECT_EQ(reports.back().bytes_total, 0U);
  meter.set_phase(TransferPhase::verifying);
  meter.report_end();
  EXPECT_EQ(reports.back().phase, TransferPhase::verifying);
  EXPECT_EQ(reports.back().bytes_total, 70U);
  EXPECT_EQ(reports.back().files_total, 1U);
  EXPECT_EQ(reports.back().time_left, seconds(0));
}

TEST_F(Meters, TotalsFoundOutLater_AreReported) {
  Meter meter(TransferPhase::downloading, 0, 0, handler, clock);
  meter.set_totals(10, 3);
  meter.report();
  EXPECT_EQ(reports.back().bytes_total, 10U);
  EXPECT_EQ(reports.back().files_total, 3U);
}

TEST_F(Meters, HandlerThrows_ReachesTheCaller) {
  ProgressHandler const throwing = [](TransferProgress const&) { throw std::out_of_range("enough"); };
  Meter meter(TransferPhase::uploading, 1, 1, throwing, clock);
  EXPECT_THROW(meter.report(), std::out_of_range);
}

TEST_F(Meters, NobodyListens_NothingHappens) {
  ProgressHandler const nobody;
  Meter meter(TransferPhase::uploading, 1, 1, nobody, clock);
  meter.begin_file("a");
  meter.report();
  meter.report_end();
  EXPECT_FALSE(meter.tick());
}

TEST_F(Meters, CountedByManyThreads_AddsUp) {
  Meter meter(TransferPhase::uploading, 0, 0, handler, clock);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) {
        meter.begin_file("file");
        meter.move(3);
        meter.end_file();
      }
    });
  for (int i = 0; i < 10; ++i) meter.tick()();
  threads.clear();
  meter.report_end();
  EXPECT_EQ(reports.back().bytes_done, 12'000U);
  EXPECT_EQ(reports.back().files_done, 4000U);
}

}  // namespace
}  // namespace azureml::transfer
