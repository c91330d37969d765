#pragma once
#include <bitset>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::snapshot {

/// One pattern of an ignore file as git matches it: bytes, `?`, `[...]`, `*` within a folder, `**` across folders, `\`
/// escapes. Matching takes at most pattern length times text length steps, whatever the pattern.
class Glob {
 public:
  explicit Glob(std::string_view pattern);
  [[nodiscard]] bool matches(std::string_view text) const;

 private:
  enum class Kind : unsigned char { byte, set, any_byte, stars, any_path, optional_folders, until_slash };
  struct Token {
    Kind kind{};
    char byte = 0;        ///< Of Kind::byte.
    std::size_t set = 0;  ///< Of Kind::set: the index in `sets_`.
  };
  void add_stars(std::string_view pattern, std::size_t& at);
  bool add_set(std::string_view pattern, std::size_t& at);
  [[nodiscard]] bool consumes(Token const& token, char c) const;
  [[nodiscard]] bool simulate(std::string_view text) const;

  std::vector<Token> tokens_{};
  std::vector<std::bitset<256>> sets_{};
  std::string tail_{};      ///< The literal bytes at the end, a quick way to say no.
  bool valid_ = true;       ///< Git matches nothing with a broken pattern.
  bool only_tail_ = false;  ///< `*` and literal bytes: the tail decides.
};

/// The number of bytes before the first of `*?[\`.
std::size_t literal_length(std::string_view pattern) noexcept;

}  // namespace azureml::snapshot
