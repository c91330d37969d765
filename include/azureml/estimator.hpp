#pragma once
#include <azureml/compute.hpp>
#include <azureml/data_reference.hpp>
#include <azureml/datastore.hpp>
#include <azureml/distribution.hpp>
#include <azureml/environment.hpp>
#include <azureml/error.hpp>
#include <azureml/script_params.hpp>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace azureml {

/// Data that a script reads besides its parameters. A reference to a datastore, or a named address: `azureml:name:version`,
/// `azureml:name@latest`, `azureml://…`, `https://…`, or a file or folder of this machine, seen from the working directory: `submit`
/// uploads it to the default datastore, unless the same content is there. The script finds its path in `AZUREML_DATAREFERENCE_<name>`.
struct Input {
  Input(DataReference data) : reference(std::move(data)) {}
  Input(Datastore const& store) : reference(store) {}
  Input(std::string input_name, std::string data_address, DataMode data_mode = DataMode::mount)
      : name(std::move(input_name)), address(std::move(data_address)), mode(data_mode) {}
  std::optional<DataReference> reference{};
  std::string name{}, address{};  ///< Both, when there is no `reference`.
  DataMode mode = DataMode::mount;  ///< Of the address; a `reference` has its own. Not `upload`: that is an `Output`.
  std::string type = "uri_folder";  ///< Of the address: "uri_folder" or "uri_file". A file of this machine is always the latter.
  friend bool operator==(Input const&, Input const&) = default;
};

/// A folder the script fills, kept beyond the run. In `script_params` write `"$AZUREML_DATAREFERENCE_<name>"` for its path.
struct Output {
  std::string address{};                ///< `azureml://datastores/…/paths/…`; empty: the service chooses.
  DataMode mode = DataMode::mount;      ///< Written through, or `upload` at the end.
  std::string asset_name{};             ///< Registers the result as a data asset of this name.
  friend bool operator==(Output const&, Output const&) = default;
};

/// What to train, where, and with what. Holding one does nothing; `Experiment::submit` does. Names are Python's; every difference is a
/// row of docs/parity.md. C++ wants designators in the order of the members, so the members stand in an order in which the calls of the
/// guide "How to train models with Azure Machine Learning" compile.
struct Estimator {
  std::filesystem::path source_directory{};            ///< Folder that becomes the snapshot. Required; never guessed as ".".
  ScriptParams script_params{};                        ///< The script's arguments, in the order written.
  ComputeName compute_target{};                        ///< A target or its name; "local" on the engine. Required unless `vm_size`.
  std::string vm_size{};                               ///< One-off compute of this size when `compute_target` is empty.
  std::string vm_priority{};                           ///< "dedicated" or "lowpriority"; with `vm_size` only.
  std::string entry_script{};                          ///< Relative to `source_directory`: .py, .sh, .R or an executable. Required.
  int node_count = 1;
  int process_count_per_node = 1;
  std::string distributed_backend{};                   ///< "mpi" (Open MPI), "gloo", "nccl", "ps". Empty: one process.
  Distribution distributed_training{};                 ///< The newer form of the two lines above. Not both.
  bool use_gpu = false;                                ///< Service: GPU default image. Engine: one GPU for each process.
  std::optional<bool> use_docker{};                    ///< Not given: yes on the service; on the engine only with an image of yours.
  std::vector<std::string> conda_packages{};           ///< `{"scikit-learn"}`
  std::vector<std::string> pip_packages{};             ///< Requirement specifiers: `{"torch==2.3.1"}`
  std::filesystem::path conda_dependencies_file{};     ///< Relative to `source_directory`. Excludes the package members.
  std::filesystem::path pip_requirements_file{};       ///< Relative to `source_directory`. Merged with `pip_packages`.
  std::filesystem::path conda_dependencies_file_path{};  ///< The guide's name of `conda_dependencies_file`. Not both.
  std::filesystem::path pip_requirements_file_path{};    ///< The guide's name of `pip_requirements_file`. Not both.
  std::string custom_docker_base_image{};              ///< The guide's name of `custom_docker_image`. Not both.
  std::string custom_docker_image{};                   ///< `registry/name:tag`
  std::optional<ContainerRegistry> image_registry_details{};
  bool user_managed = false;                           ///< The image's own Python is used as it is; no packages.
  std::map<std::string, std::string> environment_variables{};
  std::map<std::string, Secret> secret_environment_variables{};  ///< Never in JSON, logs, process listings or the run's record.
  std::optional<Environment> environment_definition{};  ///< Replaces all of the environment above.
  std::vector<Input> inputs{};                         ///< Merged with the references found in `script_params`.
  std::map<std::string, Output> outputs{};             ///< By name: letters, digits, `_`; "default" is the service's own.
  std::string source_directory_data_store{};           ///< Python's staging store. The service's jobs have no form for it: a fault.
  std::string shm_size{};                              ///< "2g"
  std::optional<DataReference> resume_from{};          ///< Mounted; adds `--resume-from PATH`.
  std::optional<std::chrono::seconds> max_run_duration{};  ///< Python's `max_run_duration_seconds`.
  friend bool operator==(Estimator const&, Estimator const&) = default;
};

/// All faults at once; empty means good. Looks at `source_directory`, sends nothing. `Experiment::submit` does the same and throws them.
[[nodiscard]] std::vector<Fault> validate(Estimator const& estimator);

/// The arguments the script will get, one element each, data references as `$AZUREML_DATAREFERENCE_<name>`. No requests, no files read.
/// @throws ValidationError when `script_params` itself is at fault.
[[nodiscard]] std::vector<std::string> preview_arguments(Estimator const& estimator);

/// JSON with the members' names; members that hold their default are left out. Secrets are written as their source only.
/// @throws ValidationError when a secret is a literal (named by its field): it has no written form.
std::string to_json(Estimator const& estimator, int indent = 2);
/// Reads what `to_json` wrote. @throws ValidationError naming unknown members and members of the wrong kind.
Estimator estimator_from_json(std::string_view json);

}  // namespace azureml
