#pragma once
#include <optional>
#include <variant>
#include <vector>

namespace azureml {

/// Open MPI. `node_count` may repeat the estimator's; another number is a fault of `validate` (Python ignores it).
struct Mpi {
  int process_count_per_node = 1;
  std::optional<int> node_count{};
  friend bool operator==(Mpi const&, Mpi const&) = default;
};
using MpiConfiguration = Mpi;  ///< The Python SDK's later name.

/// TensorFlow's parameter servers.
struct ParameterServer {
  int worker_count = 1;
  int parameter_server_count = 1;
  friend bool operator==(ParameterServer const&, ParameterServer const&) = default;
};
using TensorflowConfiguration = ParameterServer;  ///< The Python SDK's later name.

/// torch.distributed with the Gloo backend.
struct Gloo {
  int process_count_per_node = 1;
  friend bool operator==(Gloo const&, Gloo const&) = default;
};
/// torch.distributed with the NCCL backend.
struct Nccl {
  int process_count_per_node = 1;
  friend bool operator==(Nccl const&, Nccl const&) = default;
};

/// Python's ParallelTask. The service's jobs have no form for it: a fault of `validate`.
struct ParallelTask {
  int max_retries_per_worker = 0;
  int worker_count_per_node = 1;
  std::vector<int> terminal_exit_codes{};
  friend bool operator==(ParallelTask const&, ParallelTask const&) = default;
};
using ParallelTaskConfiguration = ParallelTask;

/// `.distributed_training = azureml::Mpi{.process_count_per_node = 2}`. Default: not distributed.
using Distribution = std::variant<std::monostate, Mpi, ParameterServer, Gloo, Nccl, ParallelTask>;

}  // namespace azureml
