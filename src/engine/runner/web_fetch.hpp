#pragma once
#include "engine/runner/spawn.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace azureml::engine::runner {

struct WebFetch {
  std::string address{};                   ///< May hold a signature: it is on no command line and in no message.
  std::filesystem::path target{};          ///< Appears only whole.
  std::filesystem::path scratch{};         ///< Exists; on the target's file system.
  std::string python{};                    ///< Fetches where there is no curl.
  std::vector<std::string> environment{};  ///< Of the tool: PATH, proxies, certificates.
  std::chrono::seconds patience{60};       ///< Without a byte.
};

/// Fetches a file by a tool. @param run_tool returns the status as waitpid gives it @throws RunFailure with code
/// DataFetchFailed and the tool's own words, what `run_tool` throws
void fetch_from_web(WebFetch const& fetch, std::function<int(SpawnRequest const&)> const& run_tool);

}  // namespace azureml::engine::runner
