#pragma once
#include "snapshot/glob.hpp"
#include "snapshot/rule_index.hpp"

#include <azureml/snapshot.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace azureml::snapshot {

/// One line of an ignore file.
struct IgnoreRule {
  std::string text{};     ///< As written, without the blanks that do not count.
  int line = 0;           ///< From 1.
  bool negative = false;  ///< `!`: what matches stays.
  bool only_folders = false;
  bool only_name = false;  ///< Matched with the last part of the path.
  Glob glob;
};

/// The rules of one ignore file. For any number of threads once it is made.
class IgnoreFile {
 public:
  /// @param name of the file, relative to the root @param text its whole content
  IgnoreFile(std::string name, std::string_view text, IgnoreRules syntax = IgnoreRules::git);
  IgnoreFile(IgnoreFile&&) = default;
  IgnoreFile& operator=(IgnoreFile&&) = default;

  /// The last rule that matches; nullptr when none does. @param path relative to the folder of the ignore file, `/`
  /// separators, not empty. In the service's rules a folder's own path is that of no folder, and what matches the path
  /// as a folder's counts for all beneath it, where it competes with the rules that match there: the last decides.
  [[nodiscard]] IgnoreRule const* match(std::string_view path, bool is_folder) const;
  /// The same by trying one rule after the other: what `match` is compared with.
  [[nodiscard]] IgnoreRule const* match_slowly(std::string_view path, bool is_folder) const;
  /// Whichever of two rules of this file, or of none, stands further down.
  [[nodiscard]] static IgnoreRule const* later(IgnoreRule const* a, IgnoreRule const* b) noexcept;
  /// True when a rule behind this one lets things stay.
  [[nodiscard]] bool has_negative_after(IgnoreRule const& rule) const noexcept;

  [[nodiscard]] std::string const& name() const noexcept { return name_; }
  /// Why the Python SDK refuses the file, with the line; empty for git's rules, and when it does not.
  [[nodiscard]] std::vector<std::string> const& problems() const noexcept { return problems_; }

 private:
  void read_git(std::string_view text);
  void read_service(std::string_view text);
  void add_git(std::string_view line, int number);
  void add_service(std::string_view line, int number);

  std::string name_;
  std::vector<IgnoreRule> rules_{};
  std::vector<std::string> problems_{};
  RuleIndex index_{};
  int last_negative_ = -1;
};

}  // namespace azureml::snapshot
