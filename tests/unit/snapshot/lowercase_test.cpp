// The digests are of what Python 3.11's str.lower gives for the same text.
#include "snapshot/lowercase.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace azureml::snapshot {
namespace {

std::string utf8(char32_t code) {
  std::string text;
  if (code < 0x80) return std::string(1, static_cast<char>(code));
  int const tails = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  text += static_cast<char>((0xF0U << (3 - tails) & 0xFFU) | code >> (6 * tails));
  for (int i = tails - 1; i >= 0; --i) text += static_cast<char>(0x80U | (code >> (6 * i) & 0x3FU));
  return text;
}

template <class Visit>
void for_each_code_point(Visit visit, bool planes_without_letters_of_two_cases) {
  for (char32_t code = 0; code < 0x110000; ++code) {
    bool const surrogate = code >= 0xD800 && code < 0xE000;
    bool const caseless = (code >= 0x20000 && code < 0xE0000) || code >= 0xE0200;
    if (!surrogate && (!caseless || planes_without_letters_of_two_cases)) visit(utf8(code));
  }
}

TEST(LowerCase, EveryCodePoint_IsAsInPython) {
  auto digest = base::Digest::sha256();
  for_each_code_point([&](std::string const& c) { digest.update(to_lower_unicode(c + "\n")); }, true);
  EXPECT_EQ(base::to_hex(digest.finish()), "df5f2dce2f27c6135470af16d1fb16abb665a21ddc29386b62030008b01a2429");
}

TEST(LowerCase, EveryCodePointBesideASigma_IsAsInPython) {
  auto digest = base::Digest::sha256();
  for_each_code_point(
      [&](std::string const& c) {
        for (auto const& text : {"A" + c + "Σ", c + "Σ", "AΣ" + c, "AΣ" + c + "B"})
          digest.update(to_lower_unicode(text) + "\n");
      },
      false);
  EXPECT_EQ(base::to_hex(digest.finish()), "0a03631ce50eeb4c497a2e468ded72b28277c58e50e78b7fcc2e13ec1ad1c1be");
}

TEST(LowerCase, ThousandRandomTexts_AreAsInPython) {
  constexpr std::array<char32_t, 28> kPool{0x41,  0x61, 0x3A3, 0x3C3,  0x3C2,   0x130, 0x49,    0x307,  0x2E,  0x27,
                                           0xAD,  0x2D, 0x2F,  0xC9,   0x416,   0x531, 0x10400, 0x1E9E, 0x345, 0x1F88,
                                           0x1C5, 0x20, 0x5F,  0x4E2D, 0x1F600, 0x300, 0x2B0,   0x2019};
  std::uint64_t state = 1;
  auto const next = [&](std::uint64_t count) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33) % count;
  };
  auto digest = base::Digest::sha256();
  for (int i = 0; i < 1000; ++i) {
    std::string text;
    for (auto left = next(12); left > 0; --left) text += utf8(kPool[next(kPool.size())]);
    digest.update(to_lower_unicode(text) + "\n");
  }
  EXPECT_EQ(base::to_hex(digest.finish()), "e149d3e91afc90fbee17c77f12ae5e3af99bd486670a4771ca1103f93b2fc988");
}

TEST(LowerCase, WordsOfManyScripts_AreLowered) {
  EXPECT_EQ(to_lower_unicode("README.md"), "readme.md");
  EXPECT_EQ(to_lower_unicode("ÀÉÎ/Ÿ"), "àéî/ÿ");
  EXPECT_EQ(to_lower_unicode("ЖУК"), "жук");
  EXPECT_EQ(to_lower_unicode("ΟΔΟΣ/ΣΑ"), "οδος/σα");
  EXPECT_EQ(to_lower_unicode("İ"), "i\u0307");
  EXPECT_EQ(to_lower_unicode(""), "");
}

TEST(ValidUtf8, OnlyShortestFormsOfCodePoints_AreValid) {
  for (auto const* const text :
       {"", "a", "é", "中", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF", "\x7F", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF"})
    EXPECT_TRUE(is_valid_utf8(text)) << text;
  for (auto const* const text : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xE2\x82", "\xED\xA0\x80",
                                 "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xE9z"})
    EXPECT_FALSE(is_valid_utf8(text)) << base::to_hex(text);
}

}  // namespace
}  // namespace azureml::snapshot
