#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::api {

/// The user's own log of the first process: `user_logs/std_log.txt`, `user_logs/std_log_process_0.txt` (also `_00`, `_ps` forms).
bool is_user_log(std::string_view name);
/// Logs of the service's steps before and around the script: `azureml-logs/20_image_build_log.txt`.
bool is_step_log(std::string_view name);
/// The script's output on a service that keeps the older layout: `azureml-logs/70_driver_log.txt` (80 on its oldest computes).
bool is_driver_log(std::string_view name);
/// The logs to show, in the order in which they are written: the steps' logs when wanted, then the user's log
/// (or, where there is none, the older layout's).
std::vector<std::string> choose_logs(std::map<std::string, std::string> const& log_files, bool with_steps);


/// The process whose log this is: N of `user_logs/std_log_process_N.txt`, 0 without a number; none for other files.
std::optional<int> rank_of_log(std::string_view name);
/// Which logs a caller has asked for, beyond `choose_logs`. At most one of the members says something.
struct LogWish {
  std::vector<int> ranks{};
  bool all_ranks = false;
  std::vector<std::string> files{};
  [[nodiscard]] bool any() const { return all_ranks || !ranks.empty() || !files.empty(); }
};
/// The wished for logs that are there, by rank, or in the order of `files`.
std::vector<std::string> choose_logs(std::map<std::string, std::string> const& log_files, LogWish const& wish);

}  // namespace azureml::api
