#include "cli/estimator_options.hpp"

#include "base/unique_fd.hpp"

#include <CLI/CLI.hpp>

#include <charconv>

namespace azureml::cli {

namespace {

constexpr std::string_view kScriptParam = "--script-param";

std::pair<std::string, std::string> required_pair(std::string_view text, std::string_view option, std::string_view form) {
  if (auto pair = key_and_value(text)) return *std::move(pair);
  throw UsageError(std::string(option) + " takes " + std::string(form) + ", not '" + std::string(text) + "'");
}

Estimator from_file(std::filesystem::path const& path) {
  if (path.empty()) return {};
  try {
    return estimator_from_json(base::read_small_file(path));
  } catch (ValidationError const&) {
    throw;
  } catch (std::exception const& error) {
    throw UsageError("--from-json: " + std::string(error.what()));
  }
}

template <class T>
void append(std::vector<T>& to, std::vector<T> const& more) {
  to.insert(to.end(), more.begin(), more.end());
}

void set_script_params(Estimator& estimator, EstimatorOptions const& options, std::optional<std::vector<std::string>> const& arguments) {
  for (auto const& text : options.script_params) {
    auto const split = text.find('=');
    if (split == std::string::npos) estimator.script_params.append(text, flag);
    else estimator.script_params.append(text.substr(0, split), text.substr(split + 1));
  }
  if (!arguments) return;
  for (auto const& word : *arguments) estimator.script_params.append("", word);
}

void set_image(Estimator& estimator, EstimatorOptions const& options) {
  if (options.custom_docker_image) estimator.custom_docker_image = *options.custom_docker_image;
  if (options.custom_docker_base_image) estimator.custom_docker_base_image = *options.custom_docker_base_image;
  if (options.use_docker) estimator.use_docker = true;
  if (options.no_docker) estimator.use_docker = false;
  if (options.registry_address)
    estimator.image_registry_details = ContainerRegistry{
        .address = *options.registry_address,
        .username = options.registry_username.value_or(""),
        .password = options.registry_password_variable ? Secret::from_env(*options.registry_password_variable) : Secret{}};
  if (options.environment) {
    auto const split = options.environment->rfind(':');
    if (split == std::string::npos || split == 0 || split + 1 == options.environment->size())
      throw UsageError("--environment takes NAME:VERSION of a registered environment, not '" + *options.environment + "'");
    estimator.environment_definition = Environment{.name = options.environment->substr(0, split), .version = options.environment->substr(split + 1)};
  }
}

void set_data(Estimator& estimator, EstimatorOptions const& options) {
  for (auto const& text : options.inputs) {
    auto [name, address] = required_pair(text, "--input", "NAME=ADDRESS");
    estimator.inputs.emplace_back(std::move(name), std::move(address));
  }
  for (auto const& text : options.outputs) {
    auto const pair = key_and_value(text);
    if (pair) estimator.outputs[pair->first].address = pair->second;
    else estimator.outputs[text];
  }
  if (options.resume_from) {
    auto const split = options.resume_from->find('/');
    estimator.resume_from = DataReference{.datastore = options.resume_from->substr(0, split),
                                          .path_on_datastore = split == std::string::npos ? "" : options.resume_from->substr(split + 1)};
  }
}

void set_variables(Estimator& estimator, EstimatorOptions const& options) {
  for (auto const& text : options.variables) {
    auto const [name, value] = required_pair(text, "--env", "NAME=VALUE");
    estimator.environment_variables[name] = value;
  }
  for (auto const& text : options.secret_variables) {
    auto const pair = key_and_value(text);  // NAME alone: the variable of the same name here
    estimator.secret_environment_variables[pair ? pair->first : text] = Secret::from_env(pair ? pair->second : text);
  }
}

void add_environment_options(CLI::App& app, EstimatorOptions& options) {
  app.option_defaults()->group("Environment of the script");
  add_repeated(app, "--conda-package", options.conda_packages, "Conda package")->type_name("NAME");
  add_repeated(app, "--pip-package", options.pip_packages, "Requirement for pip")->type_name("REQUIREMENT");
  app.add_option("--conda-dependencies-file", options.conda_dependencies_file, "Conda specification in DIR")->type_name("PATH");
  app.add_option("--pip-requirements-file", options.pip_requirements_file, "Requirements file in DIR")->type_name("PATH");
  app.add_option("--environment", options.environment, "Registered environment")->type_name("NAME:VERSION");
  app.add_option("--custom-docker-image", options.custom_docker_image, "Image to run in")->type_name("IMAGE");
  app.add_option("--custom-docker-base-image", options.custom_docker_base_image, "Older name of --custom-docker-image")->type_name("IMAGE");
  auto* const address = app.add_option("--image-registry", options.registry_address, "Address of a private registry")->type_name("ADDRESS");
  app.add_option("--image-registry-username", options.registry_username, "User of the private registry")->needs(address)->type_name("NAME");
  app.add_option("--image-registry-password-env", options.registry_password_variable, "Variable with its password")->needs(address)->type_name("NAME");
  app.add_flag("--user-managed", options.user_managed, "Use the Python of the image as it is");
  app.add_flag("--use-gpu", options.use_gpu, "Ask for GPUs");
  auto* const docker = app.add_flag("--use-docker", options.use_docker, "Run in a container");
  app.add_flag("--no-docker", options.no_docker, "Run without a container")->excludes(docker);
  app.add_option("--shm-size", options.shm_size, "Shared memory of the container, such as 2g")->type_name("SIZE");
  add_repeated(app, "--env", options.variables, "Environment variable")->type_name("NAME=VALUE");
  add_repeated(app, "--secret-env", options.secret_variables, "Variable that stays secret, taken from the one of its name, or VARIABLE, here")
      ->type_name("NAME[=VARIABLE]");
}

void add_data_options(CLI::App& app, EstimatorOptions& options) {
  app.option_defaults()->group("Data besides the folder");
  add_repeated(app, "--input", options.inputs, "A file or folder of this machine, azureml:name:version, azureml://… or https://…")->type_name("NAME=ADDRESS");
  add_repeated(app, "--output", options.outputs, "Folder the script fills")->type_name("NAME[=ADDRESS]");
  app.add_option("--resume-from", options.resume_from, "Checkpoint to go on from")->type_name("DATASTORE/PATH");
}

}  // namespace

std::optional<std::pair<std::string, std::string>> key_and_value(std::string_view text) {
  auto const split = text.find('=');
  if (split == std::string_view::npos || split == 0) return std::nullopt;
  return std::pair{std::string(text.substr(0, split)), std::string(text.substr(split + 1))};
}

std::chrono::seconds parse_duration(std::string_view text, std::string_view option) {
  long long number = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view const unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  long long const factor = unit.empty() || unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : unit == "d" ? 86'400 : 0;
  constexpr long long kMax = 100LL * 365 * 86'400;
  if (error != std::errc{} || factor == 0 || number <= 0 || number > kMax / factor)
    throw UsageError(std::string(option) + " takes a duration such as 90s, 15m, 2h or 1d, not '" + std::string(text) + "'");
  return std::chrono::seconds(number * factor);
}

std::vector<std::string> join_script_params(std::vector<std::string> words) {
  std::vector<std::string> joined;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == kScriptParam && i + 1 < words.size()) {
      joined.push_back(words[i] + '=' + words[i + 1]);
      ++i;
    } else {
      joined.push_back(std::move(words[i]));
    }
  }
  return joined;
}

void add_estimator_options(CLI::App& app, EstimatorOptions& options) {
  app.add_option("source_directory", options.source_directory, "Folder with the script; it becomes the snapshot")->type_name("DIR");
  app.add_option("--from-json", options.from_json, "Estimator written as JSON; options given beside it win")->type_name("FILE");
  app.add_option("--entry-script", options.entry_script, "Script in DIR: .py, .sh, .R or an executable")->type_name("PATH");
  add_repeated(app, "--script-param", options.script_params, "Argument of the script; without = a flag. What follows a bare -- is passed as it is")
      ->type_name("NAME=VALUE");
  app.add_option("--compute-target", options.compute_target, "Where it runs (default: local, on the engine of this machine)")->type_name("NAME");
  app.add_option("--vm-size", options.vm_size, "One-off compute of this size instead of a target")->type_name("SIZE");
  app.add_option("--vm-priority", options.vm_priority, "dedicated or lowpriority; with --vm-size")->type_name("WORD");
  app.add_option("--node-count", options.node_count, "Nodes (default: 1)")->type_name("N");
  app.add_option("--process-count-per-node", options.process_count_per_node, "Processes on each node (default: 1)")->type_name("N");
  app.add_option("--distributed-backend", options.distributed_backend, "mpi, gloo, nccl or ps")->type_name("WORD");
  app.add_option("--max-run-duration", options.max_run_duration, "Longest run, such as 90s, 15m, 2h")->type_name("DURATION");
  add_environment_options(app, options);
  add_data_options(app, options);
}

Estimator make_estimator(EstimatorOptions const& options, std::optional<std::vector<std::string>> const& script_arguments,
                         std::string const& default_compute) {
  auto estimator = from_file(options.from_json);
  if (!options.source_directory.empty()) estimator.source_directory = options.source_directory;
  if (options.entry_script) estimator.entry_script = *options.entry_script;
  if (options.compute_target) estimator.compute_target = *options.compute_target;
  if (options.vm_size) estimator.vm_size = *options.vm_size;
  if (options.vm_priority) estimator.vm_priority = *options.vm_priority;
  if (estimator.compute_target.str().empty() && estimator.vm_size.empty()) estimator.compute_target = default_compute;
  if (options.node_count) estimator.node_count = *options.node_count;
  if (options.process_count_per_node) estimator.process_count_per_node = *options.process_count_per_node;
  if (options.distributed_backend) estimator.distributed_backend = *options.distributed_backend;
  append(estimator.conda_packages, options.conda_packages);
  append(estimator.pip_packages, options.pip_packages);
  if (!options.conda_dependencies_file.empty()) estimator.conda_dependencies_file = options.conda_dependencies_file;
  if (!options.pip_requirements_file.empty()) estimator.pip_requirements_file = options.pip_requirements_file;
  if (options.use_gpu) estimator.use_gpu = true;
  if (options.user_managed) estimator.user_managed = true;
  if (options.shm_size) estimator.shm_size = *options.shm_size;
  if (options.max_run_duration) estimator.max_run_duration = parse_duration(*options.max_run_duration, "--max-run-duration");
  set_script_params(estimator, options, script_arguments);
  set_image(estimator, options);
  set_data(estimator, options);
  set_variables(estimator, options);
  return estimator;
}

}  // namespace azureml::cli
