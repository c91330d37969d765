#include "api/states.hpp"

namespace azureml {

std::string const& ComputeTarget::name() const noexcept { return state_->resource.name; }
std::string const& ComputeTarget::type_name() const noexcept { return state_->resource.type; }
ComputeType ComputeTarget::type() const noexcept {
  return state_->resource.type == "AmlCompute" ? ComputeType::aml_compute : ComputeType::other;
}
std::string const& ComputeTarget::provisioning_state() const noexcept { return state_->resource.provisioning_state; }

}  // namespace azureml
