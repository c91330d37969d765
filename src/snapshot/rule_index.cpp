#include "snapshot/rule_index.hpp"

#include <algorithm>
#include <utility>

namespace azureml::snapshot {

namespace {

std::size_t byte(char c) noexcept {
  return static_cast<unsigned char>(c);
}

bool is_ascii(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](char c) { return byte(c) >= 0x80; });
}

/// A path and its last part, as bytes and, when a pattern asks for it, as code points.
class Subject {
 public:
  Subject(std::string_view path, std::string_view name) : path_(path), name_(name) {}

  bool matches(RuleIndex::Rule const& rule) {
    auto const text = rule.only_name ? name_ : path_;
    if (!rule.glob->is_of_code_points() || is_ascii(text)) return rule.glob->matches(text);
    auto& points = rule.only_name ? name_points_ : path_points_;
    if (points.empty()) points = code_points(text);
    return rule.glob->matches(std::u32string_view(points));
  }

 private:
  std::string_view path_, name_;
  std::u32string path_points_{}, name_points_{};
};

}  // namespace

void RuleIndex::Last::note(Rule const& rule) noexcept {
  of_all = rule.number;
  if (!rule.only_folders) of_files = rule.number;
}

void RuleIndex::build(std::vector<Rule> const& rules) {
  for (auto const& rule : rules) {
    if (auto const text = rule.glob->literal()) {
      (rule.only_name ? names_ : paths_)[*text].note(rule);
    } else if (auto suffix = rule.only_name ? rule.glob->literal_suffix() : std::nullopt; suffix && !suffix->empty()) {
      add_suffix(std::move(*suffix), rule);
    } else {
      add_pattern(rule);
    }
  }
  if (patterns_.empty()) return;
  fitting_.resize(256);
  for (std::size_t c = 0; c < fitting_.size(); ++c)
    for (auto i = patterns_.size(); i-- > 0;)
      if (patterns_[i].last.test(c)) fitting_[c].push_back(static_cast<std::uint32_t>(i));
}

void RuleIndex::add_suffix(std::string text, Rule const& rule) {
  suffixes_.resize(256);
  auto& bucket = suffixes_[byte(text.back())];
  auto known = std::find_if(bucket.begin(), bucket.end(), [&](auto const& suffix) { return suffix.text == text; });
  if (known == bucket.end()) known = bucket.insert(known, Suffix{.text = std::move(text)});
  known->last.note(rule);
}

void RuleIndex::add_pattern(Rule const& rule) {
  patterns_.push_back({.rule = rule, .first = rule.glob->first_bytes(), .last = rule.glob->last_bytes()});
}

int RuleIndex::find(std::string_view path, bool is_folder) const {
  auto const name = path.substr(path.rfind('/') + 1);
  int found = -1;
  auto const look_up = [&](Literals const& literals, std::string_view text) {
    if (literals.empty()) return;
    if (auto const known = literals.find(text); known != literals.end())
      found = std::max(found, known->second.number(is_folder));
  };
  look_up(names_, name);
  look_up(paths_, path);
  if (!suffixes_.empty()) {
    for (auto const& suffix : suffixes_[byte(path.back())])
      if (suffix.last.of_all > found && name.ends_with(suffix.text))
        found = std::max(found, suffix.last.number(is_folder));
  }
  if (patterns_.empty()) return found;
  Subject subject(path, name);
  for (auto const index : fitting_[byte(path.back())]) {
    auto const& [rule, first, last] = patterns_[index];
    if (rule.number < found) break;
    if (rule.only_folders && !is_folder) continue;
    if (first.test(byte((rule.only_name ? name : path).front())) && subject.matches(rule)) return rule.number;
  }
  return found;
}

}  // namespace azureml::snapshot
