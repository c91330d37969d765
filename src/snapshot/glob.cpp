#include "snapshot/glob.hpp"

#include <algorithm>
#include <array>

namespace azureml::snapshot {

namespace {

struct CharacterClass {
  std::string_view name;
  bool (*holds)(unsigned char c);
};

bool is_upper(unsigned char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(unsigned char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}
bool is_alnum(unsigned char c) {
  return is_upper(c) || is_lower(c) || is_digit(c);
}
bool is_graph(unsigned char c) {
  return c > 0x20 && c < 0x7F;
}

/// Git's own classes: ASCII, whatever the locale; vertical tab and form feed are no space.
constexpr std::array<CharacterClass, 12> kClasses{{
    {"alnum", is_alnum},
    {"alpha", [](unsigned char c) { return is_upper(c) || is_lower(c); }},
    {"blank", [](unsigned char c) { return c == ' ' || c == '\t'; }},
    {"cntrl", [](unsigned char c) { return c < 0x20 || c == 0x7F; }},
    {"digit", is_digit},
    {"graph", is_graph},
    {"lower", is_lower},
    {"print", [](unsigned char c) { return c == ' ' || is_graph(c); }},
    {"punct", [](unsigned char c) { return is_graph(c) && !is_alnum(c); }},
    {"space", [](unsigned char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }},
    {"upper", is_upper},
    {"xdigit", [](unsigned char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }},
}};

void add_range(std::bitset<256>& set, char first, char last) {
  for (unsigned c = static_cast<unsigned char>(first); c <= static_cast<unsigned char>(last); ++c) set.set(c);
}

/// `[:name:]` whose `[` is at `at`. What has no `:]` before the next `]` is no class: `at` stays. False: an unknown or
/// open class.
bool add_class(std::string_view pattern, std::size_t& at, std::bitset<256>& set, bool& is_class) {
  is_class = false;
  auto const end = pattern.find(']', at + 2);
  if (end == std::string_view::npos) return false;
  if (end == at + 2 || pattern[end - 1] != ':') return true;
  auto const name = pattern.substr(at + 2, end - at - 3);
  auto const known = std::find_if(kClasses.begin(), kClasses.end(), [&](auto const& c) { return c.name == name; });
  if (known == kClasses.end()) return false;
  for (unsigned c = 0; c < 256; ++c)
    if (known->holds(static_cast<unsigned char>(c))) set.set(c);
  at = end;
  is_class = true;
  return true;
}

}  // namespace

std::size_t literal_length(std::string_view pattern) noexcept {
  return std::min(pattern.find_first_of("*?[\\"), pattern.size());
}

Glob::Glob(std::string_view pattern) {
  for (std::size_t at = 0; at < pattern.size() && valid_;) {
    switch (pattern[at]) {
      case '*':
        add_stars(pattern, at);
        break;
      case '[':
        valid_ = add_set(pattern, at);
        break;
      case '?':
        tokens_.push_back({.kind = Kind::any_byte});
        ++at;
        break;
      case '\\':
        if (++at == pattern.size()) {
          valid_ = false;
          break;
        }
        [[fallthrough]];
      default:
        tokens_.push_back({.kind = Kind::byte, .byte = pattern[at++]});
    }
  }
  for (auto token = tokens_.rbegin(); token != tokens_.rend() && token->kind == Kind::byte; ++token)
    tail_ += token->byte;
  only_tail_ =
      tail_.size() + 1 == tokens_.size() && tokens_.front().kind == Kind::stars && tail_.find('/') == std::string::npos;
  std::reverse(tail_.begin(), tail_.end());
}

/// One star, or several: those count as `**` only when nothing but slashes is beside them.
void Glob::add_stars(std::string_view pattern, std::size_t& at) {
  auto const first = at;
  while (at < pattern.size() && pattern[at] == '*') ++at;
  auto const rest = pattern.substr(at);
  bool const alone =
      (first == 0 || pattern[first - 1] == '/') && (rest.empty() || rest[0] == '/' || rest.starts_with("\\/"));
  if (at - first == 1 || !alone) {
    tokens_.push_back({.kind = Kind::stars});
  } else if (rest.starts_with('/')) {
    tokens_.push_back({.kind = Kind::optional_folders});
    tokens_.push_back({.kind = Kind::until_slash});
    ++at;
  } else {
    tokens_.push_back({.kind = Kind::any_path});
  }
}

/// `[...]` whose `[` is at `at`; false when it is broken.
bool Glob::add_set(std::string_view pattern, std::size_t& at) {
  std::bitset<256> set;
  ++at;
  bool const negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (negated) ++at;
  char previous = 0;  // the first of a range, when it can be one
  for (auto const first = at;; ++at) {
    if (at >= pattern.size()) return false;
    char c = pattern[at];
    if (c == ']' && at != first) break;
    if (c == '\\') {
      if (++at == pattern.size()) return false;
      previous = c = pattern[at];
      set.set(static_cast<unsigned char>(c));
    } else if (c == '-' && previous != 0 && at + 1 < pattern.size() && pattern[at + 1] != ']') {
      c = pattern[++at];
      if (c == '\\') {
        if (++at == pattern.size()) return false;
        c = pattern[at];
      }
      add_range(set, previous, c);
      previous = 0;
    } else if (bool is_class = false; c == '[' && at + 1 < pattern.size() && pattern[at + 1] == ':') {
      if (!add_class(pattern, at, set, is_class)) return false;
      if (!is_class) set.set('[');
      previous = is_class ? '\0' : '[';
    } else {
      set.set(static_cast<unsigned char>(c));
      previous = c;
    }
  }
  ++at;
  if (negated) set.flip();
  set.reset('/');
  sets_.push_back(set);
  tokens_.push_back({.kind = Kind::set, .set = sets_.size() - 1});
  return true;
}

bool Glob::consumes(Token const& token, char c) const {
  switch (token.kind) {
    case Kind::byte:
      return token.byte == c;
    case Kind::set:
      return sets_[token.set].test(static_cast<unsigned char>(c));
    case Kind::any_byte:
      return c != '/';
    default:
      return false;
  }
}

bool Glob::matches(std::string_view text) const {
  if (!valid_ || !text.ends_with(tail_)) return false;
  if (only_tail_) return text.substr(0, text.size() - tail_.size()).find('/') == std::string_view::npos;
  return simulate(text);
}

/// All places in the pattern at once: `places[i]` says that the text so far can be matched by the tokens before `i`.
bool Glob::simulate(std::string_view text) const {
  auto const count = tokens_.size();
  std::vector<char> places(count + 1), next(count + 1);
  auto const reach = [&](std::vector<char>& reached) {  // what may match nothing is passed at once
    for (std::size_t i = 0; i < count; ++i) {
      if (!reached[i]) continue;
      if (tokens_[i].kind == Kind::stars || tokens_[i].kind == Kind::any_path) reached[i + 1] = 1;
      if (tokens_[i].kind == Kind::optional_folders) reached[i + 1] = reached[i + 2] = 1;
    }
  };
  places[0] = 1;
  reach(places);
  for (char const c : text) {
    std::fill(next.begin(), next.end(), '\0');
    bool any = false;
    for (std::size_t i = 0; i < count; ++i) {
      if (!places[i]) continue;
      auto const& token = tokens_[i];
      bool const stays =
          token.kind == Kind::any_path || token.kind == Kind::until_slash || (token.kind == Kind::stars && c != '/');
      if (stays) next[i] = 1;
      if (consumes(token, c) || (token.kind == Kind::until_slash && c == '/')) next[i + 1] = 1;
      any = any || next[i] || next[i + 1];
    }
    if (!any) return false;
    reach(next);
    places.swap(next);
  }
  return places[count] != 0;
}

}  // namespace azureml::snapshot
