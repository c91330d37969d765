#include "engine/store/store.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace azureml::engine::store {
namespace {

/// The stations of a run in their order; a step leads to a later one, near or far.
constexpr std::array<std::string_view, 5> kStations{"Starting", "Queued", "Preparing", "Running", "Finalizing"};
constexpr std::array<std::string_view, 3> kTerminal{"Completed", "Failed", "Canceled"};
constexpr std::string_view kCancelRequested = "CancelRequested";

std::size_t station(std::string_view status) noexcept {
  return static_cast<std::size_t>(std::find(kStations.begin(), kStations.end(), status) - kStations.begin());
}

}  // namespace

bool is_terminal(std::string const& status) noexcept {
  return std::find(kTerminal.begin(), kTerminal.end(), status) != kTerminal.end();
}

bool allowed_step(std::string const& from, std::string const& to) noexcept {
  if (is_terminal(from)) return false;
  auto const here = station(from);
  bool const canceling = from == kCancelRequested;
  if (here == kStations.size() && !canceling) return false;
  if (is_terminal(to)) return true;
  if (canceling) return false;
  if (to == kCancelRequested) return true;
  auto const there = station(to);
  return there < kStations.size() && there > here;
}

}  // namespace azureml::engine::store
