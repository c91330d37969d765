#pragma once
#include "engine/routes/exchange.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace azureml::engine::front {

/// A route with the services it works on bound to it. What the front needs to know of a REST operation, and all that
/// its tests must make.
struct Operation {
  std::string name{}, method{}, pattern{};
  routes::Plane plane = routes::Plane::arm;
  routes::Auth auth = routes::Auth::bearer;
  std::function<routes::Reply(routes::Request const&)> handle{};                    ///< On the store thread.
  std::function<std::unique_ptr<routes::Upload>(routes::Request const&)> upload{};  ///< On the store thread.
  std::function<routes::Reply(routes::Upload&)> commit{};  ///< On the store thread; set with `upload`.
};

/// Binds all routes to the services; `services` must outlive the result.
std::vector<Operation> bind_routes(std::vector<routes::Route> table, routes::Services& services);

}  // namespace azureml::engine::front
