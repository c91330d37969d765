#include "transfer/download_place.hpp"
#include "transfer/downloads.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace azureml::transfer {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> hostile_parts() {
  using namespace std::string_literals;
  std::vector<std::string> parts{
      // Ways up and out, and nothing at all.
      ".", "..", "", "\\", "..\\x", "x\\..\\y", "\\\\server\\share", "C:\\x", "a\\",
      // Characters that no terminal and no file system should see.
      "a\0b"s, "\0"s, "a\nb", "a\rb", "a\tb", "\x1B[31m", "a\x7F", "\x01", "\x1F", "\xC2\x80", "\xC2\x85", "\xC2\x9F",
      // No UTF-8.
      "\x80", "\xFF", "\xFE\xFF", "a\xC3", "\xC3(", "\xC0\xAF", "\xC0\x80", "\xC1\xBF", "\xE0\x80\xAF", "\xE0\x9F\xBF",
      "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\xAF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
      "\xE2\x82", "\xF0\x9F\x98", "\xE2\x28\xA1", "\xF8\x88\x80\x80\x80", "caf\xE9",
      // Too long.
      std::string(256, 'a'), std::string(1000, 'b'), std::string(128, 'c') + std::string(128, 'd'),
      // Our own.
      ".x.azureml-part", ".x.azureml-part.journal", ".azureml-part", ".azureml-download.journal"};
  for (std::string const device :
       {"con",     "CON",    "Con",  "prn",  "PRN",  "aux",  "AUX",  "nul",  "NUL",         "conin$",
        "CONOUT$", "CLOCK$", "com0", "com1", "COM9", "lpt0", "LPT1", "lpt9", "COM\xC2\xB9", "lpt\xC2\xB3"})
    for (std::string const tail : {"", ".txt", ".", " ", ". .", " .log", ".tar.gz", ":", ":stream"})
      parts.push_back(device + tail);
  return parts;
}

TEST(DownloadName, Hostile_IsRefusedWhereverItStands) {
  auto const parts = hostile_parts();
  std::size_t count = 0;
  for (auto const& part : parts) {
    EXPECT_NE(name_fault(part), "") << ::testing::PrintToString(part);
    EXPECT_NE(name_fault(part + "/x"), "") << ::testing::PrintToString(part);
    EXPECT_NE(name_fault("x/" + part), "") << ::testing::PrintToString(part);
    EXPECT_NE(name_fault("outputs/" + part + "/x"), "") << ::testing::PrintToString(part);
    count += 4;
  }
  for (std::string const name : {"/",
                                 "//",
                                 "/etc/passwd",
                                 "//etc/passwd",
                                 "/x/",
                                 "x/",
                                 "x//y",
                                 "a/b//",
                                 "../../../../etc/passwd",
                                 "a/../../b",
                                 "a/b/..",
                                 "./a",
                                 "a/./b",
                                 "C:",
                                 "c:x",
                                 "C:/Windows",
                                 "z:/",
                                 "../",
                                 "..//x",
                                 "~/../x/..",
                                 "a/.."}) {
    EXPECT_NE(name_fault(name), "") << name;
    ++count;
  }
  EXPECT_NE(name_fault(std::string(2, 'a') + std::string(4000, '/')), "");
  std::string deep;
  for (int i = 0; i < 2100; ++i) deep += "a/";
  EXPECT_NE(name_fault(deep + "a"), "");
  EXPECT_GE(count, 200U);
}

TEST(DownloadName, Ordinary_IsTaken) {
  for (std::string const name : {"a",
                                 "model.pkl",
                                 "outputs/model.pkl",
                                 "outputs/a b/c.txt",
                                 ".hidden",
                                 ".git/config",
                                 "..a",
                                 "a..",
                                 "...",
                                 "a..b",
                                 "a.",
                                 "a ",
                                 " a",
                                 "~",
                                 "~/x",
                                 "-rf",
                                 "--help",
                                 "$HOME",
                                 "%2e%2e",
                                 "%00",
                                 "*",
                                 "?",
                                 "aa:b",
                                 "2026-03-27T04:03:26.log",
                                 "caf\xC3\xA9.txt",
                                 "\xE6\xA8\xA1\xE5\x9E\x8B/\xF0\x9F\x98\x80",
                                 "console.log",
                                 "conx",
                                 "com",
                                 "com10",
                                 "lpt",
                                 "null",
                                 "auxiliary/nul_test.py",
                                 "my.con",
                                 "x.nul",
                                 "comma.txt",
                                 "lpt10.txt",
                                 "con_",
                                 "COM\xC2\xB4",
                                 "azureml-part",
                                 "x.azureml-part",
                                 "a'b\"c",
                                 "<x>|y",
                                 "\xC2\xA0",
                                 "\xEF\xBF\xBD",
                                 "\xEF\xBF\xBF",
                                 "\xF4\x8F\xBF\xBF"})
    EXPECT_EQ(name_fault(name), "") << name;
  EXPECT_EQ(name_fault(std::string(255, 'a')), "");
  EXPECT_EQ(name_fault(std::string(255, 'a') + "/" + std::string(255, 'b')), "");
}

TEST(DownloadName, Fault_SaysWhichPart) {
  EXPECT_THAT(name_fault("a/../b"), HasSubstr("'..'"));
  EXPECT_THAT(name_fault("a/NUL.txt"), HasSubstr("'NUL.txt' is the name of a device"));
  EXPECT_THAT(name_fault("C:/x"), HasSubstr("drive letter"));
}

TEST(DownloadName, OurOwn_AreNamesOfDownloads) {
  for (std::string const& name : std::vector<std::string>{"a", "a.b", ".x", std::string(255, 'a')}) {
    EXPECT_TRUE(is_name_of_downloads(part_name(name)));
    EXPECT_TRUE(is_name_of_downloads(journal_name(name)));
    EXPECT_LE(journal_name(name).size(), 255U);
  }
}

}  // namespace
}  // namespace azureml::transfer
