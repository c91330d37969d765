#include "snapshot/hash_order.hpp"

#include "snapshot/lowercase.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace azureml::snapshot {

namespace {

constexpr std::uint32_t kNoSlot = ~0U;

unsigned char lower_ascii(char c) noexcept {
  return static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool is_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Compares in lower case what is ASCII or in lower case already. Negative, zero, positive.
int compare_lower(std::string_view a, std::string_view b) noexcept {
  auto const shorter = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < shorter; ++i) {
    if (a[i] == b[i]) continue;
    auto const x = lower_ascii(a[i]), y = lower_ascii(b[i]);
    if (x != y) return x < y ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

/// The paths in lower case; only those with capital letters beyond ASCII are stored, so that a million others cost
/// nothing.
class LowerPaths {
 public:
  explicit LowerPaths(std::vector<File> const& files) : files_(files) {
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (is_ascii(files[i].path)) continue;
      auto lowered = to_lower_unicode(files[i].path);
      if (compare_lower(lowered, files[i].path) == 0) continue;
      if (slots_.empty()) slots_.assign(files.size(), kNoSlot);
      slots_[i] = static_cast<std::uint32_t>(lowered_.size());
      lowered_.push_back(std::move(lowered));
    }
  }
  [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const noexcept {
    auto const order = compare_lower(key(a), key(b));
    return order != 0 ? order < 0 : files_[a].path < files_[b].path;
  }

 private:
  [[nodiscard]] std::string_view key(std::uint32_t i) const noexcept {
    return slots_.empty() || slots_[i] == kNoSlot ? std::string_view(files_[i].path) : lowered_[slots_[i]];
  }

  std::vector<File> const& files_;
  std::vector<std::uint32_t> slots_{};
  std::vector<std::string> lowered_{};
};

std::string_view component_at(std::string_view path, std::size_t begin) noexcept {
  return path.substr(begin, path.find('/', begin) - begin);
}

}  // namespace

std::vector<std::uint32_t> content_order(std::vector<File> const& files) {
  std::vector<std::uint32_t> order(files.size());
  std::iota(order.begin(), order.end(), 0U);
  LowerPaths const paths(files);
  auto const before = [&paths](std::uint32_t a, std::uint32_t b) { return paths.before(a, b); };
  // Sorted by bytes they come; where no capital letters are, that is the order already.
  if (!std::is_sorted(order.begin(), order.end(), before)) std::sort(order.begin(), order.end(), before);
  return order;
}

bool object_before(std::string_view a, std::string_view b) {
  auto const differ = static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())), b.begin()).first -
      a.begin());
  auto const slash = differ == 0 ? std::string_view::npos : a.rfind('/', differ - 1);
  auto const begin = slash == std::string_view::npos ? 0 : slash + 1;
  auto const x = component_at(a, begin), y = component_at(b, begin);
  auto const order =
      is_ascii(x) && is_ascii(y) ? compare_lower(x, y) : to_lower_unicode(x).compare(to_lower_unicode(y));
  return order != 0 ? order < 0 : x < y;
}

}  // namespace azureml::snapshot
