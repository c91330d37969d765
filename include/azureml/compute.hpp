#pragma once
#include <azureml/context.hpp>
#include <azureml/fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace azureml {

enum class ComputeType { aml_compute, other };

/// A compute target of a workspace, as the service described it when it was fetched. Copies refer to the same target and may be
/// shared between threads.
class ComputeTarget {
 public:
  std::string const& name() const noexcept;
  ComputeType type() const noexcept;
  std::string const& type_name() const noexcept;           ///< The service's word, e.g. "AmlCompute".
  std::string const& provisioning_state() const noexcept;  ///< The service's word, e.g. "Succeeded".

 private:
  friend struct detail::Access;
  struct State;
  explicit ComputeTarget(std::shared_ptr<State const> state) noexcept : state_(std::move(state)) {}
  std::shared_ptr<State const> state_;
};

/// What an Estimator says about where it runs: a target's name, or the target itself, as in Python.
class ComputeName {
 public:
  ComputeName() = default;
  ComputeName(char const* name) : name_(name ? name : "") {}
  ComputeName(std::string name) : name_(std::move(name)) {}
  ComputeName(std::string_view name) : name_(name) {}
  ComputeName(ComputeTarget const& target) : name_(target.name()) {}
  std::string const& str() const noexcept { return name_; }
  friend bool operator==(ComputeName const&, ComputeName const&) = default;

 private:
  std::string name_{};
};

}  // namespace azureml
