#include <azureml/error.hpp>
#include <azureml/log_cursor.hpp>

#include <gmock/gmock.h>

#include <limits>

namespace azureml {
namespace {

using testing::HasSubstr;

TEST(LogCursor, New_IsTheBeginningOfEveryLog) {
  LogCursor const cursor;
  EXPECT_EQ(cursor.position("user_logs/std_log.txt"), 0U);
  EXPECT_EQ(cursor.to_string(), "log-cursor-1");
  EXPECT_EQ(LogCursor::parse(""), cursor);
  EXPECT_EQ(LogCursor::parse("log-cursor-1"), cursor);
}

TEST(LogCursor, Stored_ComesBackAsItWas) {
  LogCursor cursor;
  cursor.set_position("user_logs/std_log_process_0.txt", 17);
  cursor.set_position("odd; name=100%\n\xff", std::numeric_limits<std::uint64_t>::max());
  cursor.set_position(std::string_view("nul\0nul", 7), 1);
  auto const text = cursor.to_string();
  EXPECT_EQ(text.find_first_of(" \n"), std::string::npos) << text;
  EXPECT_THAT(text, HasSubstr(";user_logs/std_log_process_0.txt=17"));
  EXPECT_EQ(LogCursor::parse(text), cursor);
  EXPECT_EQ(LogCursor::parse(text).to_string(), text);
}

TEST(LogCursor, PlaceSetBackToTheBeginning_IsAsNew) {
  LogCursor cursor;
  cursor.set_position("a", 5);
  cursor.set_position("a", 0);
  cursor.set_position("b", 0);
  EXPECT_EQ(cursor, LogCursor());
}

TEST(LogCursor, TextThatIsNone_IsRefusedWithItsFault) {
  for (auto const* text :
       {"x", "log-cursor-2", "log-cursor-1a=1", "log-cursor-1;", "log-cursor-1;a",
        "log-cursor-1;a=", "log-cursor-1;a=-1", "log-cursor-1;a=1 ", "log-cursor-1;=1", "log-cursor-1;a=0",
        "log-cursor-1;a%2=1", "log-cursor-1;a=1;a=2", "log-cursor-1;a=18446744073709551616", "log-cursor-1;a=1;"}) {
    try {
      (void)LogCursor::parse(text);
      ADD_FAILURE() << text;
    } catch (ValidationError const& error) {
      EXPECT_EQ(error.faults().size(), 1U) << text;
    }
  }
}

TEST(LogCursor, MoreLogsThanItHolds_IsRefused) {
  LogCursor cursor;
  for (std::size_t i = 0; i < LogCursor::kFilesMax; ++i) cursor.set_position(std::to_string(i), 1);
  EXPECT_THROW(cursor.set_position("one more", 1), ValidationError);
  EXPECT_NO_THROW(cursor.set_position("1", 2));
}

}  // namespace
}  // namespace azureml
