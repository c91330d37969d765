#pragma once
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace azureml::snapshot {

/// The characters that one `[...]` takes: bytes in git's patterns, code points in the service's.
struct CharacterSet {
  std::bitset<256> low{};  ///< Of the characters below 256, as they are (negation included).
  std::vector<std::pair<char32_t, char32_t>> ranges{};  ///< Of the others, as written.
  bool negated = false;                                 ///< Counts for the others only.
  [[nodiscard]] bool has(char32_t c) const;
};

/// One pattern, compiled. Matching takes at most pattern length times text length steps, whatever the pattern, and no
/// memory for patterns of fewer than 64 parts.
class Glob {
 public:
  enum class Kind : unsigned char {
    character,
    set,
    any_character,  ///< But a slash.
    stars,          ///< Any number of any but a slash.
    any_path,       ///< Any number of any.
    folders         ///< Nothing, or what ends with a slash.
  };
  struct Token {
    Kind kind{};
    char32_t character = 0;  ///< Of Kind::character.
    std::uint32_t set = 0;   ///< Of Kind::set: the index in the sets.
  };

  enum class Alphabet { bytes, code_points };

  Glob(std::vector<Token> tokens, std::vector<CharacterSet> sets, Alphabet alphabet = Alphabet::bytes);

  [[nodiscard]] bool is_of_code_points() const noexcept { return alphabet_ == Alphabet::code_points; }
  /// For patterns of bytes; for those of code points only with ASCII.
  [[nodiscard]] bool matches(std::string_view text) const;
  /// For patterns of code points.
  [[nodiscard]] bool matches(std::u32string_view text) const;

  /// The bytes of the text that alone matches; nothing when there are several.
  [[nodiscard]] std::optional<std::string> literal() const;
  /// For any number of any but a slash, and then literal text: that text.
  [[nodiscard]] std::optional<std::string> literal_suffix() const;
  /// The bytes a text that matches can begin, end with. No empty text is looked for with it.
  [[nodiscard]] std::bitset<256> first_bytes() const;
  [[nodiscard]] std::bitset<256> last_bytes() const;

 private:
  using Places = std::uint64_t;
  template <class Text>
  [[nodiscard]] bool matches_text(Text text) const;
  template <class Character>
  [[nodiscard]] bool takes(Token const& token, Character c) const;
  template <class Text>
  [[nodiscard]] bool simulate(Text text) const;
  template <class Text>
  [[nodiscard]] bool simulate_long(Text text) const;
  [[nodiscard]] Places reach(Places places) const noexcept;
  [[nodiscard]] std::bitset<256> bytes_of(Token const& token) const;

  std::vector<Token> tokens_;
  std::vector<CharacterSet> sets_;
  Alphabet alphabet_;
  std::size_t head_ = 0, tail_ = 0;  ///< Tokens that take one character each, before and behind the others.
  // Of the tokens between, the first in bit 0, when they fit.
  Places stars_ = 0, paths_ = 0, folders_ = 0, fixed_ = 0;
};

/// A pattern of an ignore file as git reads it: bytes, `?`, `[...]`, `*` within a folder, `**` across folders, `\`
/// escapes. Nothing when the pattern is broken: git matches nothing with it.
std::optional<Glob> git_glob(std::string_view pattern);

/// The code points of a text; bytes that are no UTF-8 stand for U+DC80 to U+DCFF, as in Python.
std::u32string code_points(std::string_view text);

}  // namespace azureml::snapshot
