#include "http/retry_after.hpp"

#include <gtest/gtest.h>

namespace azureml::http {
namespace {

using namespace std::chrono_literals;

auto const kNow = base::from_http_date("Fri, 27 Mar 2026 04:03:26 GMT").value();

TEST(RetryAfter, Seconds_AreThatLong) {
  EXPECT_EQ(retry_after({{"Retry-After", "7"}}, kNow), 7s);
  EXPECT_EQ(retry_after({{"retry-after", " 7 "}}, kNow), 7s);
  EXPECT_EQ(retry_after({{"Retry-After", "0"}}, kNow), 0s);
  EXPECT_EQ(retry_after({{"Retry-After", "1.5"}}, kNow), 1500ms);
}

TEST(RetryAfter, HttpDate_IsTheTimeUntilThen) {
  EXPECT_EQ(retry_after({{"Retry-After", "Fri, 27 Mar 2026 04:03:56 GMT"}}, kNow), 30s);
  EXPECT_EQ(retry_after({{"Retry-After", "Fri, 27 Mar 2026 04:03:56 GMT"}}, kNow + 200us), 30s);
}

TEST(RetryAfter, DateInThePast_IsNoWait) {
  EXPECT_EQ(retry_after({{"Retry-After", "Fri, 27 Mar 2026 04:00:00 GMT"}}, kNow), 0s);
}

TEST(RetryAfter, Milliseconds_WinOverSeconds) {
  EXPECT_EQ(retry_after({{"retry-after-ms", "250"}, {"Retry-After", "7"}}, kNow), 250ms);
  EXPECT_EQ(retry_after({{"x-ms-retry-after-ms", "251"}, {"Retry-After", "7"}}, kNow), 251ms);
}

TEST(RetryAfter, UnreadableValue_IsAsIfItWereNotThere) {
  EXPECT_EQ(retry_after({}, kNow), std::nullopt);
  for (auto const* value : {"", "soon", "-1", "7s", "1e9", "nan", "0x10", "Someday, 99 Mar 2026 04:03:26 GMT"}) {
    EXPECT_EQ(retry_after({{"Retry-After", value}}, kNow), std::nullopt) << value;
  }
  EXPECT_EQ(retry_after({{"retry-after-ms", "soon"}, {"Retry-After", "7"}}, kNow), 7s);
}

TEST(RetryAfter, HugeValue_IsLongButNotNegative) {
  EXPECT_GT(retry_after({{"Retry-After", "99999999999999999999"}}, kNow), 24h);
  EXPECT_GT(retry_after({{"Retry-After", "Sat, 27 Mar 2100 04:03:26 GMT"}}, kNow), 24h);
}

}  // namespace
}  // namespace azureml::http
