#pragma once
#include <string>
#include <string_view>

// Paths below the run's working directory, where `path_on_compute` puts a link.
namespace azureml::core {

std::string normal_compute_path(std::string_view path);  ///< No `./`, doubled or trailing `/`.
/// True for the folders that every run has before the command starts: a link could not take their place.
bool is_run_folder(std::string_view normal_path);
bool is_same_or_within(std::string_view path, std::string_view folder);
std::string parent_folder(std::string_view normal_path);  ///< Empty at the top.

}  // namespace azureml::core
