#pragma once
#include "base/clock.hpp"
#include "engine/routes/block_ledger.hpp"
#include "engine/runner/run_manager.hpp"
#include "engine/store/home.hpp"
#include "engine/store/store.hpp"
#include "log/logger.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace azureml::engine::routes {

/// What handlers work with. Lives on the store thread's side: `store` may be used directly in a handler.
struct Services {
  store::Store& store;
  runner::RunManager& runs;
  store::Home const& home;
  store::Identity const& identity;
  base::Clock& clock;
  logging::Logger logger{};
  std::shared_ptr<BlockLedger> blocks = std::make_shared<BlockLedger>();
  std::uint64_t free_space_min = std::uint64_t{1} << 30;  ///< With less left on the home's disk no run is taken.
  std::chrono::milliseconds follow_wait_max{20'000};  ///< announced as `followWaitMs`; 0: not announced
};

/// The scope every engine has: subscription 00000000-0000-0000-0000-000000000000, resource group and workspace `local`.
inline constexpr char kSubscription[] = "00000000-0000-0000-0000-000000000000";
inline constexpr char kResourceGroup[] = "local";
inline constexpr char kWorkspace[] = "local";

}  // namespace azureml::engine::routes
