#include "transfer/download_sum.hpp"

#include <algorithm>
#include <cstring>

namespace azureml::transfer {

namespace {

// Odd, so that each step is a bijection of the lane and of the word: one changed word cannot be lost.
constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15;

std::uint64_t mix(std::uint64_t lane, std::uint64_t word) {
  auto const product = (lane ^ word) * kFactor;
  return product ^ (product >> 29U);
}

}  // namespace

void BlockSum::step(char const* bytes) {
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + lane * sizeof word, sizeof word);
    lanes_[lane] = mix(lanes_[lane], word);
  }
}

void BlockSum::update(std::string_view bytes) {
  auto held = static_cast<std::size_t>(size_ % kStep);
  size_ += bytes.size();
  if (held > 0) {
    auto const count = std::min(kStep - held, bytes.size());
    std::memcpy(rest_.data() + held, bytes.data(), count);
    bytes.remove_prefix(count);
    if (held + count < kStep) return;
    step(rest_.data());
  }
  while (bytes.size() >= kStep) {
    step(bytes.data());
    bytes.remove_prefix(kStep);
  }
  if (!bytes.empty()) std::memcpy(rest_.data(), bytes.data(), bytes.size());
}

std::uint64_t BlockSum::value() const {
  auto rest = rest_;
  std::fill(rest.begin() + static_cast<std::ptrdiff_t>(size_ % kStep), rest.end(), '\0');
  auto last = *this;
  last.step(rest.data());
  auto result = size_;
  for (auto const lane : last.lanes_) result = mix(result, lane ^ (lane >> 32U));
  return result ^ (result >> 31U);
}

std::uint64_t sum_of(std::string_view bytes) {
  BlockSum sum;
  sum.update(bytes);
  return sum.value();
}

}  // namespace azureml::transfer
