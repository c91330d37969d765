#include "api/config_file.hpp"

#include "base/unique_fd.hpp"
#include "core/make_error.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace azureml::api {

namespace {

namespace fs = std::filesystem;

constexpr std::array<char const*, 3> kPlaces{".azureml/config.json", "aml_config/config.json", "config.json"};
constexpr std::size_t kFileMax = 64 << 10;
constexpr int kParentsMax = 256;

[[noreturn]] void fail(std::string problem, std::string remedy) {
  throw core::validation_error("the workspace's configuration", {{.field = "config.json", .problem = std::move(problem), .remedy = std::move(remedy)}});
}

fs::path find_from(fs::path directory) {
  std::error_code ignored;
  for (int i = 0; i < kParentsMax; ++i) {
    for (auto const* place : kPlaces)
      if (fs::is_regular_file(directory / place, ignored)) return directory / place;
    auto parent = directory.parent_path();
    if (parent == directory) break;
    directory = std::move(parent);
  }
  return {};
}

fs::path locate(fs::path const& path) {
  std::error_code ignored;
  if (path.empty()) {
    auto found = find_from(fs::current_path());
    if (found.empty())
      fail("no .azureml/config.json, aml_config/config.json or config.json in '" + fs::current_path().string() + "' or a folder above it",
           "download config.json from the workspace's page in the Azure portal, or name the file");
    return found;
  }
  if (!fs::is_directory(path, ignored)) return path;
  for (auto const* place : kPlaces)
    if (fs::is_regular_file(path / place, ignored)) return path / place;
  fail("'" + path.string() + "' holds no .azureml/config.json, aml_config/config.json or config.json", "name the file itself");
}

}  // namespace

WorkspaceInfo read_config(fs::path const& path) {
  auto const file = locate(path);
  nlohmann::json json;
  try {
    json = nlohmann::json::parse(base::read_small_file(file, kFileMax));
  } catch (std::exception const& error) {
    fail("'" + file.string() + "' cannot be read: " + error.what(), "download it anew from the workspace's page in the Azure portal");
  }
  std::vector<Fault> faults;
  auto const member = [&](char const* name) -> std::string {
    if (json.is_object() && json.contains(name) && json[name].is_string() && !json[name].get_ref<std::string const&>().empty())
      return json[name].get<std::string>();
    faults.push_back({name, "is missing in '" + file.string() + "'", "it is a text beside the other two: subscription_id, resource_group, workspace_name"});
    return {};
  };
  WorkspaceInfo info{.subscription_id = member("subscription_id"), .resource_group = member("resource_group"), .workspace_name = member("workspace_name")};
  if (!faults.empty()) throw core::validation_error("the workspace's configuration", std::move(faults));
  return info;
}

}  // namespace azureml::api
