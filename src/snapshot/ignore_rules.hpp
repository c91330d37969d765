#pragma once
#include "snapshot/glob.hpp"

#include <optional>
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
  bool only_name = false;      ///< No slash in it: matched with the last part of the path.
  std::string literal{};       ///< What stands before the first special character.
  std::optional<Glob> rest{};  ///< What follows; empty when the whole pattern is literal.
};

/// The rules of one ignore file, matched as git does.
class IgnoreFile {
 public:
  /// @param name of the file, relative to the root @param text its whole content
  IgnoreFile(std::string name, std::string_view text);
  /// The last rule that matches; nullptr when none does. @param path relative to the folder of the ignore file, `/`
  /// separators
  [[nodiscard]] IgnoreRule const* match(std::string_view path, bool is_folder) const;
  [[nodiscard]] std::string const& name() const noexcept { return name_; }

 private:
  void add(std::string_view line, int number);

  std::string name_;
  std::vector<IgnoreRule> rules_{};
};

}  // namespace azureml::snapshot
