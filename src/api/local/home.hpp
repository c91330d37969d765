#pragma once
#include "log/logger.hpp"

#include <filesystem>

namespace azureml::api {

/// The engine's home: the one given, AZUREML_ENGINE_HOME, or ~/.azureml/engine. A default that would lie on a network file system is
/// replaced by a folder of this machine, and the log says so. @throws EngineError when there is no home directory at all
std::filesystem::path choose_home(std::filesystem::path const& given, logging::Logger const& logger);

/// The `azureml` program: the one given, AZUREML_ENGINE_PROGRAM, beside the running executable, the installed path, PATH.
/// @throws EngineError naming all places where was looked
std::filesystem::path locate_program(std::filesystem::path const& given);

}  // namespace azureml::api
