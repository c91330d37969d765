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
  std::function<std::string(bool checksums)> check{};  ///< Looks the home over; takes long, so it runs on a disk thread.
  std::function<std::string(bool dry_run, std::chrono::seconds age_min)> collect{};  ///< Removes what nothing refers to; likewise.
};

/// `GET /engine/v1/hello`, `GET /engine/v1/status`, `POST /engine/v1/stop`, `GET /engine/v1/check`,
/// `POST /engine/v1/gc`.
std::vector<Operation> engine_routes(store::Identity const& identity, EngineFacts facts);

}  // namespace azureml::engine::front
