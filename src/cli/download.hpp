#pragma once
#include <filesystem>
#include <string_view>

namespace azureml::cli {

/// Where an artifact of this name goes beneath `directory`. @throws UsageError for a name that would leave it
std::filesystem::path beneath(std::filesystem::path const& directory, std::string_view name);

}  // namespace azureml::cli
