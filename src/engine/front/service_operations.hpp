#pragma once
#include "engine/front/target.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace azureml::engine::front {

/// Names an operation of the service by its method and path (`PUT workspaces/schedules`), when the path lies beneath
/// one of the service's resource types or data planes. Asked only for what the routing table has not.
std::optional<std::string> missing_operation(std::string_view method, Target const& target);

}  // namespace azureml::engine::front
