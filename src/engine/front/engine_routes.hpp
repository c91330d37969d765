#pragma once
#include "engine/front/operation.hpp"
#include "engine/store/home.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace azureml::engine::front {

/// What the engine tells about itself.
struct EngineFacts {
  std::chrono::steady_clock::time_point started{};
  std::function<std::size_t()> active_runs{}, connections{};
  std::function<void()> stop{};
};

/// `GET /engine/v1/hello`, `GET /engine/v1/status`, `POST /engine/v1/stop`.
std::vector<Operation> engine_routes(store::Identity const& identity, EngineFacts facts);

}  // namespace azureml::engine::front
