#pragma once
#include "cli/command.hpp"

#include <filesystem>

namespace azureml::cli {

/// The verbs of `azureml engine` that have files of their own.
int run_engine_check(Arguments const& arguments);
int run_engine_gc(Arguments const& arguments);

/// `--home`, as all verbs have it.
void add_home(CLI::App& app, std::filesystem::path& home);
std::filesystem::path chosen_home(std::filesystem::path const& given);

}  // namespace azureml::cli
