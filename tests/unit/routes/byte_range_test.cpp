#include "engine/routes/byte_range.hpp"

#include <gtest/gtest.h>

namespace azureml::engine::routes {
namespace {

TEST(ByteRange, WellFormed_GivesThePart) {
  struct Case {
    char const* header;
    std::uint64_t size, offset, length;
  };
  for (auto const& each : {Case{"bytes=0-16", 17, 0, 17}, Case{"bytes=0-0", 17, 0, 1}, Case{"bytes=5-", 17, 5, 12}, Case{"bytes=16-", 17, 16, 1},
                           Case{"bytes=0-99999999999999999999999", 17, 0, 17}, Case{"bytes=-5", 17, 12, 5}, Case{"bytes=-50", 17, 0, 17},
                           Case{"Bytes=3-4", 17, 3, 2}}) {
    auto const asked = parse_range(each.header);
    ASSERT_TRUE(asked) << each.header;
    auto const part = satisfy(*asked, each.size);
    ASSERT_TRUE(part) << each.header;
    EXPECT_EQ(part->offset, each.offset) << each.header;
    EXPECT_EQ(part->length, each.length) << each.header;
  }
}

TEST(ByteRange, NoRange_IsIgnored) {
  for (auto const* header : {"", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=1-2,4-5", "lines=0-1", "bytes 0-1", "bytes=1", "bytes=+1-2", "bytes=1--2"}) {
    EXPECT_FALSE(parse_range(header)) << header;
  }
}

TEST(ByteRange, BeyondTheEnd_CannotBeSatisfied) {
  EXPECT_FALSE(satisfy(*parse_range("bytes=0-"), 0));
  EXPECT_FALSE(satisfy(*parse_range("bytes=0-33554431"), 0));
  EXPECT_FALSE(satisfy(*parse_range("bytes=17-"), 17));
  EXPECT_FALSE(satisfy(*parse_range("bytes=18446744073709551615-"), 17));
  EXPECT_FALSE(satisfy(*parse_range("bytes=-0"), 17));
  EXPECT_FALSE(satisfy(*parse_range("bytes=-5"), 0));
}

}  // namespace
}  // namespace azureml::engine::routes
