#pragma once
#include "log/logger.hpp"

#include <cstdint>
#include <filesystem>

namespace azureml::engine::front {

inline constexpr std::uint64_t kEngineLogMax = 10 << 20;

/// The engine's own log: appended to, mode 0600; when it has grown to `size_max` it becomes `<name>.1` and a new one
/// begins.
/// @throws std::system_error when it cannot be opened
logging::Logger open_engine_log(std::filesystem::path const& path, logging::Level level,
                                std::uint64_t size_max = kEngineLogMax);

/// The level that AZUREML_LOG_LEVEL names, else `info`.
logging::Level engine_log_level();

}  // namespace azureml::engine::front
