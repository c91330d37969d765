#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::snapshot {

/// The name of the rule for private keys, the only one that also looks into files.
inline constexpr std::string_view kPrivateKeyRule = "private-key";

/// What never goes up unless it is allowed, told by its path alone. A rule has a name; some ask to look into the file.
struct DenyVerdict {
  std::string_view rule{};     ///< Empty: nothing is against the path.
  std::string_view content{};  ///< Not empty: only a file that holds one of these words, separated by a bar.
};

/// The verdict on a path whose last part is `name` and the one before it `parent` (empty in the root).
DenyVerdict deny_verdict(std::string_view parent, std::string_view name);
/// The names of all rules, sorted.
std::vector<std::string_view> deny_rules();

/// What `allow` lifts: rules by name, and paths with all beneath them.
class Allowed {
 public:
  Allowed() = default;
  explicit Allowed(std::vector<std::string> const& allow);
  /// Those entries that are no rule's name, with `/` separators and none at the end.
  [[nodiscard]] std::set<std::string> const& paths() const noexcept { return paths_; }
  [[nodiscard]] bool lifts(std::string_view rule, std::string_view path) const;
  /// True when a path that is allowed is beneath the folder. @param folder without a slash at its end
  [[nodiscard]] bool leads_to_path(std::string_view folder) const;

 private:
  std::set<std::string, std::less<>> rules_{};
  std::set<std::string> paths_{};
};

}  // namespace azureml::snapshot
