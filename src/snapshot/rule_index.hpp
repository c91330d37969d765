#pragma once
#include "snapshot/glob.hpp"

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace azureml::snapshot {

/// Finds the last of many rules that matches a path without trying each: literal names and paths are looked up, names
/// told by their end are sorted by its last byte, and of the others those are tried whose first and last byte fit.
/// For any number of threads once all rules are in it.
class RuleIndex {
 public:
  struct Rule {
    int number = 0;
    bool only_name = false;  ///< The glob is for the last part of a path.
    bool only_folders = false;
    Glob const* glob = nullptr;  ///< Must stay where it is.
  };
  /// @param rules by ascending numbers
  void build(std::vector<Rule> const& rules);
  /// The number of the last rule that matches; -1 when none does. @param path not empty
  [[nodiscard]] int find(std::string_view path, bool is_folder) const;

 private:
  /// Of rules with the same literal text: the last, and the last that is not for folders only.
  struct Last {
    int of_all = -1, of_files = -1;
    void note(Rule const& rule) noexcept;
    [[nodiscard]] int number(bool is_folder) const noexcept { return is_folder ? of_all : of_files; }
  };
  struct Suffix {
    std::string text{};
    Last last{};
  };
  struct Pattern {
    Rule rule{};
    std::bitset<256> first{}, last{};
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  using Literals = std::unordered_map<std::string, Last, Hash, std::equal_to<>>;

  void add_suffix(std::string text, Rule const& rule);
  void add_pattern(Rule const& rule);

  Literals names_{}, paths_{};
  std::vector<std::vector<Suffix>> suffixes_{};  ///< By the last byte.
  std::vector<Pattern> patterns_{};
  std::vector<std::vector<std::uint32_t>> fitting_{};  ///< Of the patterns, by the last byte, the last rule first.
};

}  // namespace azureml::snapshot
