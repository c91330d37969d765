#pragma once
#include "cli/command.hpp"

#include <azureml/snapshot.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::cli {

/// What of the folder goes up, as options.
struct SnapshotChoice {
  std::string ignore{"git"};
  std::vector<std::string> allow{};
  std::optional<std::string> bytes_max{};
  std::optional<std::uint64_t> files_max{};
  bool no_cache = false;
};

void add_snapshot_options(CLI::App& app, SnapshotChoice& choice);
/// @throws UsageError
SnapshotOptions snapshot_options(SnapshotChoice const& choice);

/// `1000`, `64k`, `300m`, `2g`: bytes, with letters 1,024 times more each. @throws UsageError naming the option
std::uint64_t parse_size(std::string_view text, std::string_view option);

}  // namespace azureml::cli
