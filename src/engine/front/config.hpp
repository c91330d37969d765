#pragma once
#include "engine/front/server.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace azureml::engine::front {

/// The options of `azureml engine serve`: each is a flag, and a key of config.json in the home with underscores. A flag
/// wins over the file.
struct ServeOptions {
  std::filesystem::path home{};
  std::filesystem::path program{};  ///< The `azureml` program itself; neither a flag nor a key.
  std::optional<std::uint16_t> port{};
  std::optional<std::uint16_t> tls_port{};  ///< Refused: this engine has no TLS listener.
  std::optional<std::filesystem::path> token_file{};
  std::optional<std::chrono::seconds> idle_exit{};
  std::optional<std::string> python{};
  std::optional<double> cpus{};
  std::optional<std::vector<std::string>> gpus{};
  std::optional<std::string> memory{};  ///< As in the file: bytes, or with k, m or g behind it.
  std::optional<bool> keep_working_directory{};
  std::optional<std::uint64_t> free_space_min_mib{};
  std::vector<std::string> allow_hosts{};  ///< Added to the file's.
};

/// The engine's options as the home's config.json and the flags say them together.
/// @throws std::runtime_error with one sentence naming the key, the flag or the file
EngineOptions engine_options(ServeOptions const& given);

}  // namespace azureml::engine::front
