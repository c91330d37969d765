#include "snapshot/ignore_rules.hpp"

#include <algorithm>
#include <utility>

namespace azureml::snapshot {

namespace {

/// Blanks at the end do not count unless the last is escaped.
std::string_view without_trailing_spaces(std::string_view line) noexcept {
  std::size_t end = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      if (++i == line.size()) return line;
      end = i + 1;
    } else if (line[i] != ' ') {
      end = i + 1;
    }
  }
  return line.substr(0, end);
}

bool matches(IgnoreRule const& rule, std::string_view text) {
  if (!text.starts_with(rule.literal)) return false;
  auto const rest = text.substr(rule.literal.size());
  return rule.rest ? rule.rest->matches(rest) : rest.empty();
}

}  // namespace

IgnoreFile::IgnoreFile(std::string name, std::string_view text) : name_(std::move(name)) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (int number = 1; !text.empty(); ++number) {
    auto const end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('#')) continue;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = line.substr(0, line.find('\0'));
    add(without_trailing_spaces(line), number);
  }
}

void IgnoreFile::add(std::string_view line, int number) {
  IgnoreRule rule{.text = std::string(line), .line = number};
  if (line.starts_with('!')) {
    rule.negative = true;
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    rule.only_folders = true;
    line.remove_suffix(1);
  }
  if (line.empty()) return;
  auto const slash = line.find('/');
  rule.only_name = slash == std::string_view::npos;
  if (slash == 0) line.remove_prefix(1);
  // In a pattern with a slash the part behind the literal beginning stands for itself: `a**/b` reaches `a/x/b`. Names
  // have no such beginning in git, which makes no difference but for `**`, and that is `*` in a name.
  auto const length = literal_length(line);
  rule.literal = line.substr(0, length);
  if (length < line.size()) rule.rest.emplace(line.substr(length));
  rules_.push_back(std::move(rule));
}

IgnoreRule const* IgnoreFile::match(std::string_view path, bool is_folder) const {
  auto const slash = path.rfind('/');
  auto const name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (rule->only_folders && !is_folder) continue;
    if (matches(*rule, rule->only_name ? name : path)) return &*rule;
  }
  return nullptr;
}

}  // namespace azureml::snapshot
