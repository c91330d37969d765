#include "base/encoding.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace azureml::base {
namespace {

// RFC 4648, section 10.
constexpr std::array<std::array<char const*, 2>, 7> kVectors{{{"", ""},
                                                              {"f", "Zg=="},
                                                              {"fo", "Zm8="},
                                                              {"foo", "Zm9v"},
                                                              {"foob", "Zm9vYg=="},
                                                              {"fooba", "Zm9vYmE="},
                                                              {"foobar", "Zm9vYmFy"}}};

std::string every_byte() {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  return bytes;
}

TEST(Base64, VectorsOfTheStandard_BothWays) {
  for (auto const& [plain, encoded] : kVectors) {
    EXPECT_EQ(to_base64(plain), encoded);
    EXPECT_EQ(from_base64(encoded), plain);
  }
}

TEST(Base64, EveryByte_ComesBack) {
  EXPECT_EQ(from_base64(to_base64(every_byte())), every_byte());
  EXPECT_EQ(from_base64url(to_base64url(every_byte())), every_byte());
}

TEST(Base64, AlphabetsDifferInTwoCharacters) {
  EXPECT_EQ(to_base64("\xFB\xFF\xFE"), "+//+");
  EXPECT_EQ(to_base64url("\xFB\xFF\xFE"), "-__-");
  EXPECT_FALSE(from_base64("-__-"));
  EXPECT_FALSE(from_base64url("+//+"));
}

TEST(Base64, WhatIsNotStrictlyBase64_IsNothing) {
  for (auto const* const text : {"Z", "Zg", "Zg=", "Zg===", "Zg== ", " Zg==", "Zm9v\n", "Zm9vYg", "Z===", "====", "=",
                                 "Zg==Zg==", "Zm=v", "Zh==", "Zm9=", "Zm9*"})
    EXPECT_FALSE(from_base64(text)) << text;
}

TEST(Base64Url, HasNoPadding) {
  EXPECT_EQ(to_base64url("f"), "Zg");
  EXPECT_EQ(from_base64url("Zg"), "f");
  EXPECT_EQ(from_base64url(""), "");
  for (auto const* const text : {"Zg==", "Z", "Zm9vY", "Zh", "Zg.", "Z g"}) EXPECT_FALSE(from_base64url(text)) << text;
}

TEST(Hex, Bytes_AreLowerCaseDigits) {
  EXPECT_EQ(to_hex(""), "");
  EXPECT_EQ(to_hex(std::string("\0\x0F\xA0\xFF", 4)), "000fa0ff");
}

TEST(PercentEncode, OnlyUnreservedCharactersAndThoseKeptStayAsTheyAre) {
  EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encode("a b/c?d=é%"), "a%20b%2Fc%3Fd%3D%C3%A9%25");
  EXPECT_EQ(percent_encode("a b/c", "/"), "a%20b/c");
  EXPECT_EQ(percent_encode("+!*'()"), "%2B%21%2A%27%28%29");
}

TEST(PercentDecode, EveryByte_ComesBack) {
  EXPECT_EQ(percent_decode(percent_encode(every_byte())), every_byte());
  EXPECT_EQ(percent_decode("%c3%A9"), "é");
  EXPECT_EQ(percent_decode("a+b"), "a+b") << "a plus is a plus, but for forms";
}

TEST(PercentDecode, BrokenEscape_IsNothing) {
  for (auto const* const text : {"%", "a%", "%4", "%4g", "%g4", "%%41", "a%4"})
    EXPECT_FALSE(percent_decode(text)) << text;
}

TEST(Case, OnlyAsciiIsLowered) {
  EXPECT_EQ(to_lower_ascii("AbZ[É"), "abz[É");
  EXPECT_TRUE(equal_ignoring_case("Content-Type", "content-tYPE"));
  EXPECT_FALSE(equal_ignoring_case("content", "content-type"));
  EXPECT_FALSE(equal_ignoring_case("[", "{"));
  EXPECT_TRUE(equal_ignoring_case("", ""));
}

}  // namespace
}  // namespace azureml::base
