#include "snapshot/service_glob.hpp"

#include <algorithm>

namespace azureml::snapshot {

namespace {

using Segments = std::vector<std::u32string_view>;

constexpr std::u32string_view kAnyFolders = U"**";

/// What Python strips.
bool is_blank(char32_t c) noexcept {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

Segments split(std::u32string_view pattern) {
  Segments segments;
  for (;;) {
    auto const slash = pattern.find(U'/');
    segments.push_back(pattern.substr(0, slash));
    if (slash == std::u32string_view::npos) return segments;
    pattern.remove_prefix(slash + 1);
  }
}

class Builder {
 public:
  void add_character(char32_t c) { tokens_.push_back({.kind = Glob::Kind::character, .character = c}); }
  void add(Glob::Kind kind) { tokens_.push_back({.kind = kind}); }

  /// One name of the pattern; false when the SDK gives up at it.
  bool add_name(std::u32string_view name) {
    for (std::size_t at = 0; at < name.size();) {
      auto const c = name[at++];
      if (c == U'\\') {
        if (at == name.size()) return refuse("ends with a backslash before a slash or the end");
        add_character(name[at++]);
      } else if (c == U'*') {
        add(Glob::Kind::stars);
      } else if (c == U'?') {
        add(Glob::Kind::any_character);
      } else if (c != U'[') {
        add_character(c);
      } else if (auto const end = set_end(name, at); end == std::u32string_view::npos) {
        add_character(U'[');
      } else {
        if (!add_set(name.substr(at, end - at))) return false;
        at = end + 1;
      }
    }
    return true;
  }

  Glob glob() { return Glob(std::move(tokens_), std::move(sets_), Glob::Alphabet::code_points); }
  [[nodiscard]] std::string const& problem() const noexcept { return problem_; }
  [[nodiscard]] bool takes_slash() const {
    return std::any_of(sets_.begin(), sets_.end(), [](auto const& set) { return set.has(U'/'); });
  }

 private:
  bool refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  static std::size_t set_end(std::u32string_view name, std::size_t at) {
    if (at < name.size() && name[at] == U'!') ++at;
    if (at < name.size() && name[at] == U']') ++at;
    return name.find(U']', at);
  }

  /// What stands between the brackets: nothing is escaped, `^` is a character like another, and a set takes slashes.
  bool add_set(std::u32string_view content) {
    CharacterSet set;
    set.negated = content.starts_with(U'!');
    if (set.negated) content.remove_prefix(1);
    for (std::size_t at = 0; at < content.size();) {
      auto const first = content[at++];
      auto last = first;
      bool const is_range = at + 1 < content.size() && content[at] == U'-';
      if (is_range) {
        last = content[at + 1];
        at += 2;
      }
      if (last < first) return refuse("has a range that ends before it begins");
      for (auto c = first; c <= std::min<char32_t>(last, 255); ++c) set.low.set(c);
      if (last > 255) set.ranges.emplace_back(first, last);
    }
    if (set.negated) set.low.flip();
    tokens_.push_back({.kind = Glob::Kind::set, .set = static_cast<std::uint32_t>(sets_.size())});
    sets_.push_back(std::move(set));
    return true;
  }

  std::vector<Glob::Token> tokens_{};
  std::vector<CharacterSet> sets_{};
  std::string problem_{};
};

/// The names of a pattern as tokens. `**` between, or before, is any folders.
bool add_path(Builder& builder, Segments const& segments) {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    bool const is_last = i + 1 == segments.size();
    if (segments[i] == kAnyFolders && is_last) {
      builder.add(Glob::Kind::any_path);  // it stands alone
    } else if (segments[i] == kAnyFolders) {
      builder.add(Glob::Kind::folders);
    } else {
      if (segments[i] == U"*") builder.add(Glob::Kind::any_character);  // a whole name is not empty
      if (!builder.add_name(segments[i])) return false;
      if (!is_last) builder.add_character(U'/');
    }
  }
  return true;
}

}  // namespace

std::string_view without_blanks(std::string_view line) {
  auto const points = code_points(line);
  std::size_t first = 0, last = points.size();
  while (first < last && is_blank(points[first])) ++first;
  while (last > first && is_blank(points[last - 1])) --last;
  auto const bytes = [&](std::size_t from, std::size_t to) {
    std::size_t count = 0;
    for (auto i = from; i < to; ++i)
      count += points[i] < 0x80 ? 1U : points[i] < 0x800 ? 2U : points[i] < 0x10000 ? 3U : 4U;
    return count;
  };
  return line.substr(bytes(0, first), bytes(first, last));
}

ServicePattern service_pattern(std::string_view text) {
  auto const pattern = code_points(text);
  auto segments = split(pattern);
  for (auto i = segments.size() - 1; i > 0; --i)
    if (segments[i] == kAnyFolders && segments[i - 1] == kAnyFolders)
      segments.erase(segments.begin() + static_cast<std::ptrdiff_t>(i));
  ServicePattern result;
  Builder builder;
  bool const is_folder_name = segments.size() == 2 && segments[1].empty();
  if (is_folder_name && segments[0] == kAnyFolders) {  // all that is not in the root itself
    builder.add(Glob::Kind::any_path);
    result.only_beneath = true;
    result.glob = builder.glob();
    return result;
  }
  if (segments[0].empty()) {
    segments.erase(segments.begin());
    if (segments.empty()) {
      result.problem = "is empty";
      return result;
    }
  } else if ((segments.size() == 1 || is_folder_name) && segments[0] != kAnyFolders) {
    result.only_name = true;
  }
  if (segments.size() > 1 && (segments.back().empty() || segments.back() == kAnyFolders)) {
    result.only_beneath = true;
    segments.pop_back();
    if (segments.size() == 1 && segments[0] == kAnyFolders) return result;  // no path has two slashes in a row
    while (segments.size() > 1 && segments.back() == kAnyFolders) segments.pop_back();
  }
  if (!add_path(builder, segments)) {
    result.problem = builder.problem();
    return result;
  }
  if (result.only_name && builder.takes_slash()) {
    result.only_name = false;
    Builder anywhere;
    anywhere.add(Glob::Kind::folders);
    if (add_path(anywhere, segments)) result.glob = anywhere.glob();
    return result;
  }
  result.glob = builder.glob();
  return result;
}

}  // namespace azureml::snapshot
