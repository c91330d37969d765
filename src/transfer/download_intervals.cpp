#include "transfer/download_intervals.hpp"

#include <algorithm>
#include <iterator>

namespace azureml::transfer {

void Intervals::add(ByteInterval interval) {
  if (interval.first >= interval.end) return;
  auto at = ends_.upper_bound(interval.first);
  if (at != ends_.begin() && std::prev(at)->second >= interval.first) --at;
  while (at != ends_.end() && at->first <= interval.end) {
    interval.first = std::min(interval.first, at->first);
    interval.end = std::max(interval.end, at->second);
    at = ends_.erase(at);
  }
  ends_.emplace(interval.first, interval.end);
}

void Intervals::remove_from(std::uint64_t first) {
  ends_.erase(ends_.lower_bound(first), ends_.end());
  if (!ends_.empty()) std::prev(ends_.end())->second = std::min(std::prev(ends_.end())->second, first);
}

std::optional<ByteInterval> Intervals::first_gap(std::uint64_t size, std::uint64_t length) const {
  auto const begin = front();
  if (begin >= size || length == 0) return std::nullopt;
  auto const next = ends_.upper_bound(begin);
  auto const end = next == ends_.end() ? size : std::min(next->first, size);
  return ByteInterval{begin, begin + std::min(end - begin, length)};
}

std::uint64_t Intervals::front() const {
  return ends_.empty() || ends_.begin()->first != 0 ? 0 : ends_.begin()->second;
}

std::uint64_t Intervals::count() const {
  std::uint64_t count = 0;
  for (auto const& [first, end] : ends_) count += end - first;
  return count;
}

}  // namespace azureml::transfer
