#include "snapshot/ignore_rules.hpp"

#include "snapshot/lowercase.hpp"
#include "snapshot/names.hpp"
#include "snapshot/service_glob.hpp"

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

}  // namespace

IgnoreFile::IgnoreFile(std::string name, std::string_view text, IgnoreRules syntax) : name_(std::move(name)) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (syntax == IgnoreRules::git)
    read_git(text);
  else
    read_service(text);
  std::vector<RuleIndex::Rule> indexed;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    auto const& rule = rules_[i];
    indexed.push_back({.number = static_cast<int>(i),
                       .only_name = rule.only_name,
                       .only_folders = rule.only_folders,
                       .glob = &rule.glob});
    if (rule.negative) last_negative_ = static_cast<int>(i);
  }
  index_.build(indexed);
}

void IgnoreFile::read_git(std::string_view text) {
  for (int number = 1; !text.empty(); ++number) {
    auto const end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('#')) continue;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = line.substr(0, line.find('\0'));
    add_git(without_trailing_spaces(line), number);
  }
}

void IgnoreFile::add_git(std::string_view line, int number) {
  std::string text(line);
  bool const negative = line.starts_with('!');
  if (negative) line.remove_prefix(1);
  bool const only_folders = line.ends_with('/');
  if (only_folders) line.remove_suffix(1);
  if (line.empty()) return;
  auto const slash = line.find('/');
  if (slash == 0) line.remove_prefix(1);
  auto glob = git_glob(line);
  if (!glob) return;
  rules_.push_back({.text = std::move(text),
                    .line = number,
                    .negative = negative,
                    .only_folders = only_folders,
                    .only_name = slash == std::string_view::npos,
                    .glob = std::move(*glob)});
}

void IgnoreFile::read_service(std::string_view text) {
  if (!is_valid_utf8(text)) {
    problems_.push_back(shown(name_) + " is no UTF-8 text");
    return;
  }
  for (int number = 1; !text.empty(); ++number) {
    auto const end = std::min(text.find_first_of("\r\n"), text.size());
    add_service(without_blanks(text.substr(0, end)), number);
    text.remove_prefix(std::min(end + (text.substr(end).starts_with("\r\n") ? 2 : 1), text.size()));
  }
}

void IgnoreFile::add_service(std::string_view line, int number) {
  if (line.empty() || line.starts_with('#') || line == "/") return;
  bool const negative = line.starts_with('!');
  auto pattern = service_pattern(line.substr(negative ? 1 : 0));
  if (!pattern.problem.empty()) {
    problems_.push_back("the pattern " + shown(line) + " in " + name_ + ", line " + std::to_string(number) + ", " +
                        pattern.problem + ", which the Python SDK refuses");
    return;
  }
  if (!pattern.glob) return;
  rules_.push_back({.text = std::string(line),
                    .line = number,
                    .negative = negative,
                    .only_folders = pattern.only_beneath,
                    .only_name = pattern.only_name,
                    .glob = std::move(*pattern.glob)});
}

IgnoreRule const* IgnoreFile::match(std::string_view path, bool is_folder) const {
  auto const found = index_.find(path, is_folder);
  return found < 0 ? nullptr : &rules_[static_cast<std::size_t>(found)];
}

IgnoreRule const* IgnoreFile::match_slowly(std::string_view path, bool is_folder) const {
  auto const name = path.substr(path.rfind('/') + 1);
  auto const path_points = code_points(path), name_points = code_points(name);
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (rule->only_folders && !is_folder) continue;
    bool const matches = rule->glob.is_of_code_points()
                             ? rule->glob.matches(std::u32string_view(rule->only_name ? name_points : path_points))
                             : rule->glob.matches(rule->only_name ? name : path);
    if (matches) return &*rule;
  }
  return nullptr;
}

IgnoreRule const* IgnoreFile::later(IgnoreRule const* a, IgnoreRule const* b) noexcept {
  if (a == nullptr || b == nullptr) return a == nullptr ? b : a;
  return std::max(a, b);
}

bool IgnoreFile::has_negative_after(IgnoreRule const& rule) const noexcept {
  return &rule - rules_.data() < last_negative_;
}

}  // namespace azureml::snapshot
