#include "api/log_choice.hpp"

#include <algorithm>

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

}  // namespace azureml::api
