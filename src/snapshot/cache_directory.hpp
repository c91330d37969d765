#pragma once
#include "log/logger.hpp"

#include <filesystem>

namespace azureml::snapshot {

/// `$XDG_CACHE_HOME/azureml-cpp`, else `~/.cache/azureml-cpp`, made with mode 0700 when it is not there. Empty, with
/// the reason in the log (debug), when neither variable names an absolute path, or it cannot be made, is not the user's
/// own or may be written by others. Never throws but std::bad_alloc.
std::filesystem::path user_cache_directory(logging::Logger const& logger);
/// A directory of that kind at a given place; its parents are made too.
std::filesystem::path private_directory(std::filesystem::path const& directory, logging::Logger const& logger);

}  // namespace azureml::snapshot
