#pragma once
#include "core/job_definition.hpp"

#include <azureml/fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace azureml::core {

bool is_vm_priority(std::string_view word);           ///< `dedicated`, `lowpriority`, in any case.
bool is_backend(std::string_view word);               ///< `mpi`, `gloo`, `nccl`, `ps`, in any case.
std::string job_tier_of(Estimator const& estimator);  ///< Standard or Spot; empty on a compute target.
std::optional<JobDistribution> distribution_of(Estimator const& estimator);

}  // namespace azureml::core
