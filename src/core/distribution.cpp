#include "core/distribution.hpp"

#include "base/encoding.hpp"

#include <azureml/estimator.hpp>

#include <algorithm>
#include <array>
#include <variant>

namespace azureml::core {
namespace {

using base::equal_ignoring_case;

struct Lowering {
  std::optional<JobDistribution> operator()(std::monostate) const { return {}; }
  std::optional<JobDistribution> operator()(Mpi const& mpi) const {
    return JobDistribution{.type = "Mpi", .process_count_per_instance = mpi.process_count_per_node};
  }
  // The backend itself is the script's choice; the service starts the processes the same way for both.
  std::optional<JobDistribution> operator()(Gloo const& gloo) const {
    return JobDistribution{.type = "PyTorch", .process_count_per_instance = gloo.process_count_per_node};
  }
  std::optional<JobDistribution> operator()(Nccl const& nccl) const {
    return JobDistribution{.type = "PyTorch", .process_count_per_instance = nccl.process_count_per_node};
  }
  std::optional<JobDistribution> operator()(ParameterServer const& servers) const {
    return JobDistribution{.type = "TensorFlow",
                           .worker_count = servers.worker_count,
                           .parameter_server_count = servers.parameter_server_count};
  }
  std::optional<JobDistribution> operator()(ParallelTask const&) const { return {}; }  // refused by `validate`
};

}  // namespace

bool is_vm_priority(std::string_view word) {
  return equal_ignoring_case(word, "dedicated") || equal_ignoring_case(word, "lowpriority");
}

bool is_backend(std::string_view word) {
  constexpr std::array<std::string_view, 4> kBackends{"mpi", "gloo", "nccl", "ps"};
  return std::ranges::any_of(kBackends, [&](std::string_view backend) { return equal_ignoring_case(word, backend); });
}

std::string job_tier_of(Estimator const& estimator) {
  if (estimator.vm_size.empty()) return {};
  return equal_ignoring_case(estimator.vm_priority, "lowpriority") ? "Spot" : "Standard";
}

std::optional<JobDistribution> distribution_of(Estimator const& estimator) {
  auto const& backend = estimator.distributed_backend;
  if (backend.empty()) return std::visit(Lowering{}, estimator.distributed_training);
  if (equal_ignoring_case(backend, "mpi"))
    return Lowering{}(Mpi{.process_count_per_node = estimator.process_count_per_node});
  if (equal_ignoring_case(backend, "ps"))
    return Lowering{}(ParameterServer{.worker_count = std::max(1, estimator.node_count - 1)});
  return Lowering{}(Gloo{.process_count_per_node = estimator.process_count_per_node});
}

}  // namespace azureml::core
