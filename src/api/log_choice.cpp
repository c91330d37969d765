#include "api/log_choice.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

namespace azureml::api {

namespace {

constexpr std::string_view kUserPrefix = "user_logs/std_log";
constexpr std::string_view kStepPrefix = "azureml-logs/";
constexpr std::string_view kText = ".txt";

bool digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

// As the Python SDK chooses: `user_logs/std_log[\D]*[0]*(?:_ps)?\.txt`, written out because std::regex recurses on long names.
bool is_user_log(std::string_view name) {
  if (!name.starts_with(kUserPrefix) || !name.ends_with(kText)) return false;
  auto middle = name.substr(kUserPrefix.size(), name.size() - kUserPrefix.size() - kText.size());
  if (middle.ends_with("_ps")) middle.remove_suffix(3);
  while (middle.ends_with('0')) middle.remove_suffix(1);
  return std::none_of(middle.begin(), middle.end(), digit);
}

// `azureml-logs/[\d]{2}.+\.txt`
bool is_step_log(std::string_view name) {
  if (!name.starts_with(kStepPrefix) || !name.ends_with(kText)) return false;
  auto const middle = name.substr(kStepPrefix.size(), name.size() - kStepPrefix.size() - kText.size());
  return middle.size() > 2 && digit(middle[0]) && digit(middle[1]);
}

bool is_driver_log(std::string_view name) {
  return is_step_log(name) && (name.starts_with("azureml-logs/70_driver_log") || name.starts_with("azureml-logs/80_driver_log"));
}

std::vector<std::string> choose_logs(std::map<std::string, std::string> const& log_files, bool with_steps) {
  std::vector<std::string> steps, users;
  for (auto const& [name, url] : log_files) {
    if (is_user_log(name)) users.push_back(name);
    else if (is_step_log(name) && (with_steps || is_driver_log(name))) steps.push_back(name);
  }
  if (!with_steps && !users.empty()) return users;
  steps.insert(steps.end(), users.begin(), users.end());
  return steps;
}

std::optional<int> rank_of_log(std::string_view name) {
  if (!name.starts_with(kUserPrefix) || !name.ends_with(kText) || name.size() < kUserPrefix.size() + kText.size()) return {};
  auto middle = name.substr(kUserPrefix.size(), name.size() - kUserPrefix.size() - kText.size());
  if (middle.ends_with("_ps")) middle.remove_suffix(3);
  auto begin = middle.size();
  while (begin > 0 && digit(middle[begin - 1])) --begin;
  if (std::any_of(middle.begin(), middle.begin() + static_cast<std::ptrdiff_t>(begin), digit)) return {};
  if (begin == middle.size()) return 0;
  int rank = 0;
  auto const [end, error] = std::from_chars(middle.data() + begin, middle.data() + middle.size(), rank);
  return error == std::errc{} ? std::optional(rank) : std::nullopt;
}

std::vector<std::string> choose_logs(std::map<std::string, std::string> const& log_files, LogWish const& wish) {
  std::vector<std::string> chosen;
  if (!wish.files.empty()) {
    for (auto const& name : wish.files)
      if (log_files.contains(name)) chosen.push_back(name);
    return chosen;
  }
  std::vector<std::pair<int, std::string>> ranked;
  for (auto const& [name, url] : log_files) {
    auto const rank = rank_of_log(name);
    if (rank && (wish.all_ranks || std::find(wish.ranks.begin(), wish.ranks.end(), *rank) != wish.ranks.end())) ranked.emplace_back(*rank, name);
  }
  std::sort(ranked.begin(), ranked.end());
  for (auto& [rank, name] : ranked) chosen.push_back(std::move(name));
  return chosen;
}

}  // namespace azureml::api
