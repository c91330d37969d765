#pragma once
#include <azureml/error.hpp>
#include <azureml/fwd.hpp>

#include <memory>
#include <string>
#include <utility>

namespace azureml::detail {

/// The one friend of the public classes. Handles are made from their state and give it back; errors are made with
/// theirs.
struct Access {
  template <class Handle, class State>
  static Handle make(std::shared_ptr<State const> state) {
    return Handle(std::move(state));
  }
  template <class Handle>
  static auto const& state(Handle const& handle) {
    return *handle.state_;
  }
  template <class Handle>
  static auto shared_state(Handle const& handle) {
    return handle.state_;
  }
  /// A handle over a new state made from `arguments`.
  template <class Handle, class... Arguments>
  static Handle make_handle(Arguments&&... arguments) {
    return Handle(std::make_shared<typename Handle::State const>(std::forward<Arguments>(arguments)...));
  }
  template <class E>
  static E error(std::string const& message, std::shared_ptr<void const> state) {
    return E(message, std::move(state));
  }
};

}  // namespace azureml::detail
