#include "core/compute_path.hpp"

#include "core/names.hpp"

namespace azureml::core {

std::string normal_compute_path(std::string_view path) {
  return normal_datastore_path(path);
}

bool is_run_folder(std::string_view normal_path) {
  return normal_path == "outputs" || normal_path == "logs" || normal_path == "user_logs";
}

bool is_same_or_within(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string parent_folder(std::string_view normal_path) {
  auto const slash = normal_path.rfind('/');
  return slash == std::string_view::npos ? std::string{} : std::string(normal_path.substr(0, slash));
}

}  // namespace azureml::core
