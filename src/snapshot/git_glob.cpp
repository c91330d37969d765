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

class Parser {
 public:
  explicit Parser(std::string_view pattern) : pattern_(pattern) {}

  std::optional<Glob> parse() {
    // What stands behind the literal beginning stands for itself: `a**/b` reaches `a/x/b`. Names have no such beginning
    // in git, which makes no difference but for `**`, and that is `*` in a name.
    begin_ = std::min(pattern_.find_first_of("*?[\\"), pattern_.size());
    for (std::size_t i = 0; i < begin_; ++i) add_character(pattern_[i]);
    for (at_ = begin_; at_ < pattern_.size();)
      if (!add_next()) return std::nullopt;
    return Glob(std::move(tokens_), std::move(sets_));
  }

 private:
  void add_character(char c) {
    tokens_.push_back({.kind = Glob::Kind::character, .character = static_cast<unsigned char>(c)});
  }

  bool add_next() {
    switch (pattern_[at_]) {
      case '*':
        add_stars();
        return true;
      case '[':
        return add_set();
      case '?':
        tokens_.push_back({.kind = Glob::Kind::any_character});
        ++at_;
        return true;
      case '\\':
        if (++at_ == pattern_.size()) return false;
        [[fallthrough]];
      default:
        add_character(pattern_[at_++]);
        return true;
    }
  }

  /// One star, or several: those count as `**` only when nothing but slashes is beside them.
  void add_stars() {
    auto const first = at_;
    while (at_ < pattern_.size() && pattern_[at_] == '*') ++at_;
    auto const rest = pattern_.substr(at_);
    bool const alone =
        (first == begin_ || pattern_[first - 1] == '/') && (rest.empty() || rest[0] == '/' || rest.starts_with("\\/"));
    if (at_ - first == 1 || !alone) {
      tokens_.push_back({.kind = Glob::Kind::stars});
    } else if (rest.starts_with('/')) {
      tokens_.push_back({.kind = Glob::Kind::folders});
      ++at_;
    } else {
      tokens_.push_back({.kind = Glob::Kind::any_path});
    }
  }

  /// `[...]`; false when it is broken.
  bool add_set() {
    std::bitset<256> set;
    ++at_;
    bool const negated = at_ < pattern_.size() && (pattern_[at_] == '!' || pattern_[at_] == '^');
    if (negated) ++at_;
    char previous = 0;  // the first of a range, when it can be one
    for (auto const first = at_;; ++at_) {
      if (at_ >= pattern_.size()) return false;
      char c = pattern_[at_];
      if (c == ']' && at_ != first) break;
      if (c == '\\') {
        if (++at_ == pattern_.size()) return false;
        previous = c = pattern_[at_];
        set.set(static_cast<unsigned char>(c));
      } else if (c == '-' && previous != 0 && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']') {
        c = pattern_[++at_];
        if (c == '\\') {
          if (++at_ == pattern_.size()) return false;
          c = pattern_[at_];
        }
        add_range(set, previous, c);
        previous = 0;
      } else if (bool is_class = false; c == '[' && at_ + 1 < pattern_.size() && pattern_[at_ + 1] == ':') {
        if (!add_class(set, is_class)) return false;
        if (!is_class) set.set('[');
        previous = is_class ? '\0' : '[';
      } else {
        set.set(static_cast<unsigned char>(c));
        previous = c;
      }
    }
    ++at_;
    if (negated) set.flip();
    set.reset('/');
    tokens_.push_back({.kind = Glob::Kind::set, .set = static_cast<std::uint32_t>(sets_.size())});
    sets_.push_back({.low = set});
    return true;
  }

  static void add_range(std::bitset<256>& set, char first, char last) {
    for (unsigned c = static_cast<unsigned char>(first); c <= static_cast<unsigned char>(last); ++c) set.set(c);
  }

  /// `[:name:]`. What has no `:]` before the next `]` is no class: nothing is passed. False: an unknown or open class.
  bool add_class(std::bitset<256>& set, bool& is_class) {
    is_class = false;
    auto const end = pattern_.find(']', at_ + 2);
    if (end == std::string_view::npos) return false;
    if (end == at_ + 2 || pattern_[end - 1] != ':') return true;
    auto const name = pattern_.substr(at_ + 2, end - at_ - 3);
    auto const known = std::find_if(kClasses.begin(), kClasses.end(), [&](auto const& c) { return c.name == name; });
    if (known == kClasses.end()) return false;
    for (unsigned c = 0; c < 256; ++c)
      if (known->holds(static_cast<unsigned char>(c))) set.set(c);
    at_ = end;
    is_class = true;
    return true;
  }

  std::string_view pattern_;
  std::size_t begin_ = 0, at_ = 0;
  std::vector<Glob::Token> tokens_{};
  std::vector<CharacterSet> sets_{};
};

}  // namespace

std::optional<Glob> git_glob(std::string_view pattern) {
  return Parser(pattern).parse();
}

}  // namespace azureml::snapshot
