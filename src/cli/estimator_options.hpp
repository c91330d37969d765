#pragma once
#include "cli/command.hpp"

#include <azureml/estimator.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace azureml::cli {

/// The members of an Estimator as options, names with dashes. What only a file can say well (an environment, a distribution with its
/// own numbers) is read with `--from-json`; options given beside it win, lists are appended.
struct EstimatorOptions {
  std::filesystem::path from_json{}, source_directory{}, conda_dependencies_file{}, pip_requirements_file{};
  std::optional<std::string> compute_target{}, vm_size{}, vm_priority{}, entry_script{}, distributed_backend{}, custom_docker_image{},
      custom_docker_base_image{}, shm_size{}, max_run_duration{}, resume_from{}, environment{};
  std::optional<std::string> registry_address{}, registry_username{}, registry_password_variable{};
  std::optional<int> node_count{}, process_count_per_node{};
  bool use_gpu = false, use_docker = false, no_docker = false, user_managed = false;
  std::vector<std::string> script_params{}, conda_packages{}, pip_packages{}, variables{}, secret_variables{}, inputs{}, outputs{};
};

/// Binds the options; `script_param` values may begin with dashes (see `join_script_params`).
void add_estimator_options(CLI::App& app, EstimatorOptions& options);
/// The estimator that was asked for. `default_compute`: for one that names neither a target nor a VM size.
/// @throws UsageError, ValidationError, FileError
Estimator make_estimator(EstimatorOptions const& options, std::optional<std::vector<std::string>> const& script_arguments,
                         std::string const& default_compute);

/// `{"--script-param", "--lr=0.8"}` becomes `{"--script-param=--lr=0.8"}`, so that the name of a parameter may begin with dashes.
std::vector<std::string> join_script_params(std::vector<std::string> words);
/// `KEY=VALUE` at the first `=`; nothing when there is none or KEY is empty.
std::optional<std::pair<std::string, std::string>> key_and_value(std::string_view text);
/// `90`, `90s`, `15m`, `2h`, `1d`. @throws UsageError naming the option
std::chrono::seconds parse_duration(std::string_view text, std::string_view option);

}  // namespace azureml::cli
