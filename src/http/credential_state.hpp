#pragma once
#include "base/clock.hpp"

#include <azureml/context.hpp>
#include <azureml/credential.hpp>

#include <functional>
#include <string>

namespace azureml {

/// How a credential gives its token: from what it holds, or anew when `refresh` says that the one given was refused.
/// Thread-safe.
struct Credential::State {
  std::function<std::string(bool refresh, Context const& context, base::Clock& clock)> token{};
};

}  // namespace azureml
