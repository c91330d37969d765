#include "snapshot/glob.hpp"

#include "snapshot/lowercase.hpp"

#include <algorithm>
#include <bit>

namespace azureml::snapshot {

namespace {

constexpr std::size_t kPlacesMax = 63;  // one bit for each token, and one for the end

bool takes_one(Glob::Kind kind) noexcept {
  return kind == Glob::Kind::character || kind == Glob::Kind::set || kind == Glob::Kind::any_character;
}

void append_utf8(std::string& text, char32_t c) {
  auto const tail = [&](int shift) { text += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    text += static_cast<char>(0xE0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

char32_t code(char c) noexcept {
  return static_cast<unsigned char>(c);
}
char32_t code(char32_t c) noexcept {
  return c;
}

}  // namespace

bool CharacterSet::has(char32_t c) const {
  if (c < 256) return low.test(c);
  auto const within = [&](auto const& range) { return range.first <= c && c <= range.second; };
  return std::any_of(ranges.begin(), ranges.end(), within) != negated;
}

Glob::Glob(std::vector<Token> tokens, std::vector<CharacterSet> sets, Alphabet alphabet)
    : tokens_(std::move(tokens)), sets_(std::move(sets)), alphabet_(alphabet) {
  while (head_ < tokens_.size() && takes_one(tokens_[head_].kind)) ++head_;
  if (head_ == tokens_.size()) return;
  while (takes_one(tokens_[tokens_.size() - 1 - tail_].kind)) ++tail_;
  auto const count = tokens_.size() - head_ - tail_;
  if (count > kPlacesMax) return;
  for (std::size_t i = 0; i < count; ++i) {
    auto const bit = Places{1} << i;
    switch (tokens_[head_ + i].kind) {
      case Kind::stars:
        stars_ |= bit;
        break;
      case Kind::any_path:
        paths_ |= bit;
        break;
      case Kind::folders:
        folders_ |= bit;
        break;
      default:
        fixed_ |= bit;
    }
  }
}

template <class Character>
bool Glob::takes(Token const& token, Character c) const {
  switch (token.kind) {
    case Kind::character:
      return token.character == code(c);
    case Kind::set:
      return sets_[token.set].has(code(c));
    default:
      return c != Character{'/'};
  }
}

bool Glob::matches(std::string_view text) const {
  return matches_text(text);
}
bool Glob::matches(std::u32string_view text) const {
  return matches_text(text);
}

template <class Text>
bool Glob::matches_text(Text text) const {
  auto const size = text.size();
  if (head_ == tokens_.size() ? size != head_ : size < head_ + tail_) return false;
  for (std::size_t i = 0; i < head_; ++i)
    if (!takes(tokens_[i], text[i])) return false;
  for (std::size_t i = 1; i <= tail_; ++i)
    if (!takes(tokens_[tokens_.size() - i], text[size - i])) return false;
  if (head_ == tokens_.size()) return true;
  text = text.substr(head_, size - head_ - tail_);
  auto const count = tokens_.size() - head_ - tail_;
  using Character = typename Text::value_type;
  if (count == 1) {
    if (stars_ != 0) return text.find(Character{'/'}) == Text::npos;
    if (paths_ != 0) return true;
    return text.empty() || text.back() == Character{'/'};
  }
  return count <= kPlacesMax ? simulate(text) : simulate_long(text);
}

/// What may match nothing is passed at once.
Glob::Places Glob::reach(Places places) const noexcept {
  auto const passed = stars_ | paths_ | folders_;
  for (;;) {
    auto const reached = places | ((places & passed) << 1);
    if (reached == places) return places;
    places = reached;
  }
}

/// All places in the pattern at once: bit i says that the text so far can be matched by the tokens before i. A second
/// set of bits holds those that are within folders of `**/`, which end with a slash.
template <class Text>
bool Glob::simulate(Text text) const {
  using Character = typename Text::value_type;
  auto const end = Places{1} << (tokens_.size() - head_ - tail_);
  auto places = reach(1);
  Places within = places & folders_;
  for (auto const c : text) {
    bool const slash = c == Character{'/'};
    auto next = (places & paths_) | (slash ? (within << 1) : (places & stars_));
    for (auto left = places & fixed_; left != 0; left &= left - 1) {
      auto const i = static_cast<std::size_t>(std::countr_zero(left));
      if (takes(tokens_[head_ + i], c)) next |= Places{2} << i;
    }
    places = reach(next);
    within |= places & folders_;
    if ((places | within) == 0) return false;
  }
  return (places & end) != 0;
}

/// The same for patterns of any length.
template <class Text>
bool Glob::simulate_long(Text text) const {
  using Character = typename Text::value_type;
  auto const count = tokens_.size() - head_ - tail_;
  std::vector<char> places(count + 1), within(count + 1), next(count + 1);
  auto const reach_all = [&](std::vector<char>& reached) {
    for (std::size_t i = 0; i < count; ++i) {
      if (!reached[i] || takes_one(tokens_[head_ + i].kind)) continue;
      reached[i + 1] = 1;
      if (tokens_[head_ + i].kind == Kind::folders) within[i] = 1;
    }
  };
  places[0] = 1;
  reach_all(places);
  for (auto const c : text) {
    std::fill(next.begin(), next.end(), '\0');
    for (std::size_t i = 0; i < count; ++i) {
      auto const& token = tokens_[head_ + i];
      if (within[i] && c == Character{'/'}) next[i + 1] = 1;
      if (!places[i]) continue;
      if (token.kind == Kind::any_path || (token.kind == Kind::stars && c != Character{'/'})) next[i] = 1;
      if (takes_one(token.kind) && takes(token, c)) next[i + 1] = 1;
    }
    reach_all(next);
    places.swap(next);
  }
  return places[count] != 0;
}

std::optional<std::string> Glob::literal() const {
  std::string text;
  for (auto const& token : tokens_) {
    if (token.kind != Kind::character) return std::nullopt;
    if (alphabet_ == Alphabet::bytes)
      text += static_cast<char>(token.character);
    else
      append_utf8(text, token.character);
  }
  return text;
}

std::optional<std::string> Glob::literal_suffix() const {
  if (head_ != 0 || tokens_.empty() || tokens_.front().kind != Kind::stars || tail_ + 1 != tokens_.size())
    return std::nullopt;
  return Glob({tokens_.begin() + 1, tokens_.end()}, {}, alphabet_).literal();
}

std::bitset<256> Glob::bytes_of(Token const& token) const {
  std::bitset<256> bytes;
  switch (token.kind) {
    case Kind::character:
      if (token.character < 256) bytes.set(token.character);
      break;
    case Kind::set:
      bytes = sets_[token.set].low;
      break;
    default:
      bytes.set();
  }
  if (alphabet_ == Alphabet::bytes) return bytes;
  for (std::size_t c = 0x80; c < 256; ++c) bytes.set(c);  // of whatever is not ASCII
  return bytes;
}

std::bitset<256> Glob::first_bytes() const {
  return tokens_.empty() ? std::bitset<256>{} : bytes_of(tokens_.front());
}
std::bitset<256> Glob::last_bytes() const {
  return tokens_.empty() ? std::bitset<256>{} : bytes_of(tokens_.back());
}

std::u32string code_points(std::string_view text) {
  std::u32string points;
  points.reserve(text.size());
  while (!text.empty()) {
    auto const lead = static_cast<unsigned char>(text[0]);
    std::size_t const length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (length > text.size() || !is_valid_utf8(text.substr(0, length))) {
      points += 0xDC00 + char32_t{lead};
      text.remove_prefix(1);
      continue;
    }
    char32_t c = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) c = (c << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    points += c;
    text.remove_prefix(length);
  }
  return points;
}

}  // namespace azureml::snapshot
