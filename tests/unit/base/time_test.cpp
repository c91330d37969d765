#include "base/time.hpp"

#include "base/clock.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace azureml::base {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

SystemTime at(int y, unsigned m, unsigned d, nanoseconds clock = 0ns) {
  return time_point_cast<SystemTime::duration>(sys_days{year{y} / static_cast<int>(m) / static_cast<int>(d)} + clock);
}

TEST(Iso8601, Formats_MicrosecondsInUtc) {
  EXPECT_EQ(to_iso8601(at(2026, 3, 27, 4h + 2min + 32s + 701698us)), "2026-03-27T04:02:32.701698Z");
  EXPECT_EQ(to_iso8601(at(1970, 1, 1)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_iso8601(at(1969, 12, 31, 23h + 59min + 59s + 999999us)), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_iso8601(at(2024, 2, 29, 999ns)), "2024-02-29T00:00:00.000000Z");
}

TEST(Iso8601, FormsThatServicesWrite_AreRead) {
  auto const time = at(2026, 3, 27, 4h + 2min + 32s);
  EXPECT_EQ(from_iso8601("2026-03-27T04:02:32Z"), time);
  EXPECT_EQ(from_iso8601("2026-03-27t04:02:32z"), time);
  EXPECT_EQ(from_iso8601("2026-03-27 04:02:32"), time);
  EXPECT_EQ(from_iso8601("2026-03-27T04:02:32+00:00"), time);
  EXPECT_EQ(from_iso8601("2026-03-27T06:02:32+02:00"), time);
  EXPECT_EQ(from_iso8601("2026-03-26T22:32:32-0530"), time);
  EXPECT_EQ(from_iso8601("2026-03-27T05:02:32+01"), time);
  EXPECT_EQ(from_iso8601("2026-03-27T04:02:32.5Z"), time + 500ms);
  EXPECT_EQ(from_iso8601("2026-03-27T04:02:32.7016981Z"), time + 701698100ns) << "seven digits, as .NET writes";
  EXPECT_EQ(from_iso8601("2026-03-27T04:02:32.123456789123Z"), time + 123456789ns);
  EXPECT_EQ(from_iso8601("2026-03-27T04:02Z"), at(2026, 3, 27, 4h + 2min));
  EXPECT_EQ(from_iso8601("2026-03-27"), at(2026, 3, 27));
  EXPECT_EQ(from_iso8601("2016-12-31T23:59:60Z"), at(2017, 1, 1)) << "a leap second";
}

TEST(Iso8601, NeverOfServices_IsTheNearestTimeThereIs) {
  auto const first = from_iso8601("0001-01-01T00:00:00+00:00"), last = from_iso8601("9999-12-31T23:59:59.9999999Z");
  ASSERT_TRUE(first && last);
  EXPECT_LT(*first, at(1700, 1, 1));
  EXPECT_GT(*last, at(2200, 1, 1));
}

TEST(Iso8601, AnythingElse_IsNothing) {
  for (auto const* const text : {"",
                                 "now",
                                 "2026",
                                 "2026-03",
                                 "2026-13-01",
                                 "2026-00-01",
                                 "2026-02-29",
                                 "2026-03-27T",
                                 "2026-03-27T24:00:00Z",
                                 "2026-03-27T04:60:00Z",
                                 "2026-03-27T04:02:61Z",
                                 "2026-03-27T04:02:32.Z",
                                 "2026-03-27T04:02:32ZZ",
                                 "2026-03-27T04:02:32+",
                                 "2026-03-27T04:02:32+24:00",
                                 "2026-03-27T04:02:32+01:60",
                                 "2026-3-27T04:02:32Z",
                                 "-026-03-27",
                                 "2026-03-27T-4:02:32Z",
                                 "2026-03-27X04:02:32Z",
                                 "2026-03-27T04",
                                 " 2026-03-27"})
    EXPECT_FALSE(from_iso8601(text)) << text;
}

TEST(Iso8601, RoundTrip_KeepsMicroseconds) {
  for (auto const time : {at(2026, 3, 27, 123456us), at(1999, 12, 31, 23h), at(1900, 2, 28, 1us)})
    EXPECT_EQ(from_iso8601(to_iso8601(time)), time);
}

TEST(HttpDate, Formats_AsTheStandardSays) {
  EXPECT_EQ(to_http_date(at(1994, 11, 6, 8h + 49min + 37s)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(to_http_date(at(2026, 3, 27, 4h + 3min + 26s + 999ms)), "Fri, 27 Mar 2026 04:03:26 GMT");
}

TEST(HttpDate, RoundTripThroughAYear_IsExact) {
  for (int day = 0; day < 366; ++day) {
    auto const time = at(2024, 1, 1, hours(24 * day) + 12h + 34min + 56s);
    EXPECT_EQ(from_http_date(to_http_date(time)), time);
  }
}

TEST(HttpDate, AnythingElse_IsNothing) {
  for (auto const* const text :
       {"", "120", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ", "Sunday, 06-Nov-94 08:49:37 GMT"})
    EXPECT_FALSE(from_http_date(text)) << text;
}

TEST(Iso8601Duration, Formats_HoursMinutesSeconds) {
  EXPECT_EQ(to_iso8601_duration(600s), "PT10M");
  EXPECT_EQ(to_iso8601_duration(90061s), "PT25H1M1S");
  EXPECT_EQ(to_iso8601_duration(0s), "PT0S");
  EXPECT_EQ(to_iso8601_duration(-5s), "PT0S");
}

TEST(Iso8601Duration, DaysAndBelow_AreRead) {
  EXPECT_EQ(from_iso8601_duration("PT600S"), 600s);
  EXPECT_EQ(from_iso8601_duration("PT10M"), 600s);
  EXPECT_EQ(from_iso8601_duration("P1DT2H3M4S"), 93784s);
  EXPECT_EQ(from_iso8601_duration("P7D"), 604800s);
  EXPECT_EQ(from_iso8601_duration("PT1.9S"), 1s);
  for (auto const duration : {1s, 59s, 3600s, 86399s, 1'000'000s})
    EXPECT_EQ(from_iso8601_duration(to_iso8601_duration(duration)), duration);
}

TEST(Iso8601Duration, AnythingElse_IsNothing) {
  for (auto const* const text :
       {"",     "P",   "PT",    "10",     "PT10",   "P1Y",  "P1M",   "P1W",   "PT-5S",          "-PT5S",
        "PT5X", "P5S", "P1D2H", "PT1S1M", "PT1S2S", "P1DT", "PT.5S", "PT1.S", "PT99999999999S", "PT 5S",
        "pt5s"})
    EXPECT_FALSE(from_iso8601_duration(text)) << text;
}

TEST(RealClock, StopRequestedBefore_DoesNotWait) {
  std::stop_source stop;
  stop.request_stop();
  auto const start = steady_clock::now();
  EXPECT_FALSE(real_clock().wait_for(1h, stop.get_token()));
  EXPECT_LT(steady_clock::now() - start, 1min);
}

TEST(RealClock, StopRequestedMeanwhile_WakesAlsoTheLongestWait) {
  std::stop_source stop;
  bool waited = true;
  std::thread waiter([&] { waited = real_clock().wait_for(nanoseconds::max(), stop.get_token()); });
  stop.request_stop();
  waiter.join();
  EXPECT_FALSE(waited);
}

TEST(RealClock, NothingToWaitFor_ReturnsTrue) {
  EXPECT_TRUE(real_clock().wait_for(0ns, {}));
  EXPECT_TRUE(real_clock().wait_for(-1s, {}));
}

}  // namespace
}  // namespace azureml::base
