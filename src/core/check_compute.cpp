#include "base/encoding.hpp"
#include "core/checks.hpp"
#include "core/distribution.hpp"

#include <azureml/estimator.hpp>

#include <algorithm>
#include <string>
#include <variant>

namespace azureml::core {
namespace {

bool is_shm_size(std::string const& text) {
  auto const digits = text.find_first_not_of("0123456789");
  return digits != std::string::npos && digits > 0 && digits + 1 == text.size() &&
         std::string_view("bBkKmMgG").find(text[digits]) != std::string_view::npos;
}

void check_shm_size(std::string const& text, std::string const& field, Faults& faults) {
  if (!text.empty() && !is_shm_size(text)) {
    faults.add(field, "'" + text + "' is not a size", "write digits and one of b, k, m, g, for example \"2g\"");
  }
}

void check_target(Estimator const& estimator, Faults& faults) {
  auto const& target = estimator.compute_target.str();
  if (target.empty() && estimator.vm_size.empty()) {
    faults.add("compute_target", "neither a compute target nor a vm_size is given",
               "name a compute target of the workspace, \"local\" for the engine of this machine");
  }
  if (!target.empty() && !estimator.vm_size.empty()) {
    faults.add("vm_size",
               "a one-off compute of size '" + estimator.vm_size + "' and the compute target '" + target +
                   "' exclude each other",
               "leave out vm_size to run on the target, or compute_target to run on one-off compute");
  }
  if (target.find_first_of(" \t\r\n/\\'\"") != std::string::npos) {
    faults.add("compute_target", "'" + target + "' is not a compute target's name",
               "give the name as `get_compute_target` shows it");
  }
  if (estimator.vm_priority.empty()) return;
  if (!is_vm_priority(estimator.vm_priority)) {
    faults.add("vm_priority", "'" + estimator.vm_priority + "' is not known", "write \"dedicated\" or \"lowpriority\"");
  }
  if (estimator.vm_size.empty()) {
    faults.add("vm_priority", "it means something for one-off compute only", "give vm_size too, or leave it out");
  }
}

struct DistributionChecker {
  Estimator const& estimator;
  Faults& faults;

  void processes(int count) const {
    if (count < 1)
      faults.add("distributed_training", std::to_string(count) + " processes a node are too few", "ask for at least 1");
    if (estimator.process_count_per_node != 1 && estimator.process_count_per_node != count) {
      faults.add("process_count_per_node",
                 std::to_string(estimator.process_count_per_node) + " here and " + std::to_string(count) +
                     " in distributed_training",
                 "leave it out here");
    }
  }
  void operator()(std::monostate) const {}
  void operator()(Mpi const& mpi) const {
    processes(mpi.process_count_per_node);
    if (mpi.node_count && *mpi.node_count != estimator.node_count) {
      faults.add("distributed_training",
                 "its node_count is " + std::to_string(*mpi.node_count) + " and the estimator's is " +
                     std::to_string(estimator.node_count),
                 "leave out Mpi's node_count; the estimator's rules");
    }
  }
  void operator()(Gloo const& gloo) const { processes(gloo.process_count_per_node); }
  void operator()(Nccl const& nccl) const { processes(nccl.process_count_per_node); }
  void operator()(ParameterServer const& servers) const {
    if (servers.worker_count < 1)
      faults.add("distributed_training", "worker_count is below 1", "ask for at least one worker");
    if (servers.parameter_server_count < 0)
      faults.add("distributed_training", "parameter_server_count is below 0", "ask for 0 or more");
    if (estimator.process_count_per_node != 1) {
      faults.add("process_count_per_node", "parameter servers are counted by worker_count and parameter_server_count",
                 "leave it out");
    }
    if (servers.worker_count + servers.parameter_server_count < estimator.node_count) {
      faults.add("node_count",
                 std::to_string(estimator.node_count) + " nodes for " + std::to_string(servers.worker_count) +
                     " workers and " + std::to_string(servers.parameter_server_count) +
                     " parameter servers leave nodes idle",
                 "ask for fewer nodes or more workers");
    }
  }
  void operator()(ParallelTask const&) const {
    faults.add("distributed_training", "the service's command jobs have no form of ParallelTask",
               "use Mpi, or submit one run for each part of the work");
  }
};

void check_distribution(Estimator const& estimator, Faults& faults) {
  if (estimator.node_count < 1) {
    faults.add("node_count", std::to_string(estimator.node_count) + " is too small", "ask for at least 1");
  }
  if (estimator.process_count_per_node < 1) {
    faults.add("process_count_per_node", std::to_string(estimator.process_count_per_node) + " is too small",
               "ask for at least 1");
  }
  bool const by_object = !std::holds_alternative<std::monostate>(estimator.distributed_training);
  auto const& backend = estimator.distributed_backend;
  if (!backend.empty() && !is_backend(backend)) {
    faults.add("distributed_backend", "'" + backend + "' is not known", "write \"mpi\", \"gloo\", \"nccl\" or \"ps\"");
  }
  if (!backend.empty() && by_object) {
    faults.add("distributed_backend", "distributed_training says the same in its newer form",
               "leave one of the two out");
  }
  if (backend.empty() && !by_object) {
    if (estimator.node_count > 1) {
      faults.add("node_count", "several nodes, and nothing says how they work together",
                 "add .distributed_backend = \"mpi\", for example");
    }
    if (estimator.process_count_per_node > 1) {
      faults.add("process_count_per_node", "several processes, and nothing says how they work together",
                 "add .distributed_backend = \"mpi\", for example");
    }
  }
  std::visit(DistributionChecker{estimator, faults}, estimator.distributed_training);
  if (base::equal_ignoring_case(backend, "ps") && estimator.process_count_per_node > 1) {
    faults.add("process_count_per_node", "the backend \"ps\" starts one worker for each node",
               "use distributed_training = ParameterServer{…}");
  }
}

}  // namespace

void check_compute(Estimator const& estimator, Faults& faults) {
  check_target(estimator, faults);
  check_distribution(estimator, faults);
  check_shm_size(estimator.shm_size, "shm_size", faults);
  if (estimator.environment_definition)
    check_shm_size(estimator.environment_definition->docker.shm_size, "environment_definition.docker.shm_size", faults);
  if (estimator.max_run_duration && estimator.max_run_duration->count() <= 0) {
    faults.add("max_run_duration",
               std::to_string(estimator.max_run_duration->count()) + " s would end the run before it starts",
               "give a longer time, or leave it out for no limit");
  }
}

}  // namespace azureml::core
