#pragma once
#include <azureml/environment.hpp>
#include <azureml/secret.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace azureml::core {

/// Input of a job, with the service's words (`type`: literal, uri_folder, uri_file; `mode`: ReadOnlyMount, Download,
/// Direct).
struct JobInput {
  std::string type{}, mode{};
  std::string address{};  ///< Value of a literal, else the URI.
  friend bool operator==(JobInput const&, JobInput const&) = default;
};

struct JobOutput {
  std::string type{"uri_folder"}, mode{};  ///< ReadWriteMount, Upload.
  std::string address{}, asset_name{};
  friend bool operator==(JobOutput const&, JobOutput const&) = default;
};

struct JobDistribution {
  std::string type{};  ///< Mpi, PyTorch, TensorFlow.
  int process_count_per_instance = 1;
  int worker_count = 0, parameter_server_count = 0;  ///< TensorFlow only.
  friend bool operator==(JobDistribution const&, JobDistribution const&) = default;
};

/// What the job's environment is: an existing one by id, or one to register first.
struct JobEnvironment {
  std::string reference{};        ///< `azureml:name:version` when a registered one is named; then nothing else is set.
  std::string name{}, version{};  ///< Of the one to register; anonymous ones have the hash of their content as version.
  bool anonymous = true;
  std::string image{}, conda_file{};
  std::string build_context{};  ///< A folder on this machine; not supported yet, refused by `validate`.
  friend bool operator==(JobEnvironment const&, JobEnvironment const&) = default;
};

/// All of a command job that is known without asking the service. Made by `lower`, written to the wire by `rest`.
struct JobDefinition {
  std::string command{};
  std::string compute_target{};  ///< Empty: serverless.
  std::string instance_type{}, job_tier{};
  int instance_count = 1;
  std::string shm_size{};
  std::optional<std::chrono::seconds> timeout{};
  std::optional<JobDistribution> distribution{};
  std::map<std::string, JobInput> inputs{};
  std::map<std::string, JobOutput> outputs{};
  std::map<std::string, std::string> environment_variables{};
  std::map<std::string, std::string> properties{};  ///< git facts, `azureml-cpp.*`
  JobEnvironment environment{};
  std::optional<ContainerRegistry> registry{};       ///< Needs the capability `connections`.
  std::map<std::string, Secret> secret_variables{};  ///< Needs the capability `jobSecrets`.
  std::vector<std::string> warnings{};               ///< What was added or assumed, one sentence each.
};

}  // namespace azureml::core
