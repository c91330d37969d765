#pragma once
#include "log/logger.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace azureml::engine::front {

/// What the keeper looks at and does.
struct KeeperDuties {
  std::chrono::milliseconds idle_exit{};  ///< 0: never.
  std::chrono::milliseconds token_renewal{};
  std::chrono::milliseconds home_look{60'000};  ///< How often `home_is_ours` is asked.
  std::function<bool()> busy{};  ///< Runs or requests under way.
  std::function<std::chrono::steady_clock::time_point()> last_request{};
  std::function<bool()> lock_out_attached{};  ///< True: nobody is attached, and nobody can attach any more.
  std::function<void()> renew_token{};
  std::function<bool()> home_is_ours{};  ///< False: what the engine serves has been removed.
};

/// The engine's one timer thread: renews the token, finds out when the engine may leave. Sleeps until something is due.
class Keeper {
 public:
  Keeper(KeeperDuties duties, logging::Logger logger);
  ~Keeper();
  Keeper(Keeper const&) = delete;
  Keeper& operator=(Keeper const&) = delete;
  void stop() noexcept;  ///< From any thread.
  void wait_until_idle_or_stopped();

 private:
  void keep();
  /// When to look again; nothing when the engine may leave now.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> check_idle(
      std::chrono::steady_clock::time_point now) const;

  KeeperDuties duties_;
  logging::Logger logger_;
  std::mutex mutex_{};
  std::condition_variable changed_{};
  bool over_ = false;
  std::thread thread_;
};

}  // namespace azureml::engine::front
