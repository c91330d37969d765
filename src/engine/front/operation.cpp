#include "engine/front/operation.hpp"

#include <utility>

namespace azureml::engine::front {

std::vector<Operation> bind_routes(std::vector<routes::Route> table, routes::Services& services) {
  std::vector<Operation> operations;
  operations.reserve(table.size());
  for (auto& route : table) {
    Operation operation{.name = std::move(route.operation),
                        .method = std::move(route.method),
                        .pattern = std::move(route.pattern),
                        .plane = route.plane,
                        .auth = route.auth};
    if (route.handle) {
      operation.handle = [handle = std::move(route.handle), &services](routes::Request const& request) {
        return handle(request, services);
      };
    }
    if (route.upload) {
      operation.upload = [upload = std::move(route.upload), &services](routes::Request const& request) {
        return upload(request, services);
      };
      operation.commit = [&services](routes::Upload& upload) { return upload.commit(services); };
    }
    operations.push_back(std::move(operation));
  }
  return operations;
}

}  // namespace azureml::engine::front
