#include "snapshot/lowercase.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>

namespace azureml::snapshot {

namespace {

struct LowercaseRun {
  char32_t first, last;
  std::uint32_t step;
  std::int32_t difference;
};
struct CodePointRange {
  char32_t first, last;
};
#include "snapshot/lowercase_table.inc"

constexpr char32_t kCapitalSigma = 0x3A3, kSmallSigma = 0x3C3, kFinalSigma = 0x3C2;
constexpr char32_t kCapitalIWithDot = 0x130, kCombiningDotAbove = 0x307;

/// The element of a sorted table whose range holds `code`; nullptr when none does.
template <class Table>
auto const* find_range(Table const& table, char32_t code) noexcept {
  auto const after = std::upper_bound(std::begin(table), std::end(table), code,
                                      [](char32_t c, auto const& range) { return c < range.first; });
  return after != std::begin(table) && code <= std::prev(after)->last ? std::prev(after) : nullptr;
}

char32_t to_lower(char32_t code) noexcept {
  auto const* run = find_range(kLowercaseRuns, code);
  if (!run || (code - run->first) % run->step != 0) return code;
  return static_cast<char32_t>(static_cast<std::int32_t>(code) + run->difference);
}

/// Takes one code point off the front; nothing (and nothing taken) when the bytes are not valid UTF-8.
std::optional<char32_t> take_code_point(std::string_view& text) noexcept {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto const lead = byte(0);
  std::size_t const length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length) return std::nullopt;
  char32_t code = length == 1 ? lead : lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return std::nullopt;
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return std::nullopt;
  text.remove_prefix(length);
  return code;
}

void append_utf8(std::string& text, char32_t code) {
  auto const tail = [&](int shift) { text += static_cast<char>(0x80U | (code >> shift & 0x3FU)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0U | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0U | code >> 12);
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0U | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

/// A sigma is final when a cased letter stands before it and none behind it, whatever ignorable marks are between.
bool is_final_sigma(std::u32string const& codes, std::size_t at) noexcept {
  auto const cased = [&](std::size_t i) { return find_range(kCasedRanges, codes[i]) != nullptr; };
  auto const ignorable = [&](std::size_t i) { return find_range(kCaseIgnorableRanges, codes[i]) != nullptr; };
  auto before = at;
  while (before > 0 && ignorable(before - 1)) --before;
  if (before == 0 || !cased(before - 1)) return false;
  auto after = at + 1;
  while (after < codes.size() && ignorable(after)) ++after;
  return after == codes.size() || !cased(after);
}

}  // namespace

std::string to_lower_unicode(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    for (char const c : text) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
  }
  std::u32string codes;
  codes.reserve(text.size());
  while (!text.empty()) {
    auto const code = take_code_point(text);
    if (!code) return std::string(lower);
    codes += *code;
  }
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] == kCapitalIWithDot) {
      append_utf8(lower, U'i');
      append_utf8(lower, kCombiningDotAbove);
    } else if (codes[i] == kCapitalSigma) {
      append_utf8(lower, is_final_sigma(codes, i) ? kFinalSigma : kSmallSigma);
    } else {
      append_utf8(lower, to_lower(codes[i]));
    }
  }
  return lower;
}

bool is_valid_utf8(std::string_view text) noexcept {
  while (!text.empty())
    if (!take_code_point(text)) return false;
  return true;
}

}  // namespace azureml::snapshot
