#include "engine/front/keeper.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace azureml::engine::front {

using SteadyTime = std::chrono::steady_clock::time_point;

namespace {
/// Of what nobody tells the keeper (the end of a run, of an attached program): late by a tenth of the idle time, never
/// by more than this.
constexpr std::chrono::milliseconds kLookAgainMax{30'000};
constexpr std::chrono::milliseconds kLookAgainMin{20};
}  // namespace

Keeper::Keeper(KeeperDuties duties, logging::Logger logger)
    : duties_(std::move(duties)), logger_(std::move(logger)), thread_([this] { keep(); }) {}

Keeper::~Keeper() {
  stop();
  thread_.join();
}

void Keeper::stop() noexcept {
  // Told under the lock: whoever waits may destroy the keeper as soon as he knows.
  std::lock_guard const lock(mutex_);
  over_ = true;
  changed_.notify_all();
}

void Keeper::wait_until_idle_or_stopped() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return over_; });
}

void Keeper::keep() {
  auto const began = std::chrono::steady_clock::now();
  auto renewal = began + duties_.token_renewal;
  auto look = began + duties_.idle_exit;
  auto home_look = began + duties_.home_look;
  std::unique_lock lock(mutex_);
  while (!over_) {
    auto const due = std::min(home_look, duties_.idle_exit.count() > 0 ? std::min(look, renewal) : renewal);
    if (changed_.wait_until(lock, due, [&] { return over_; })) return;
    lock.unlock();
    auto const now = std::chrono::steady_clock::now();
    try {
      if (now >= home_look) {
        home_look = now + duties_.home_look;
        if (!duties_.home_is_ours()) {
          logger_.warning("the engine's home has been removed: leaving");
          return stop();
        }
      }
      if (now >= renewal) {
        duties_.renew_token();
        renewal = now + duties_.token_renewal;
      }
      if (duties_.idle_exit.count() > 0 && now >= look) {
        auto const next = check_idle(now);
        if (!next) {
          logger_.info("nothing has been asked for a while and no run is active: leaving");
          stop();
        } else {
          look = *next;
        }
      }
    } catch (std::exception const& fault) {
      logger_.error(std::string{"the engine's timer failed and tries again: "} + fault.what());
      constexpr std::chrono::minutes kAgain{1};
      if (renewal <= now) renewal = now + kAgain;
      if (look <= now) look = now + kAgain;
    }
    lock.lock();
  }
}

std::optional<SteadyTime> Keeper::check_idle(SteadyTime now) const {
  auto const again = now + std::clamp(duties_.idle_exit / 10, kLookAgainMin, kLookAgainMax);
  if (duties_.busy()) return again;
  if (auto const quiet_at = duties_.last_request() + duties_.idle_exit; quiet_at > now) return quiet_at;
  if (!duties_.lock_out_attached()) return again;
  return std::nullopt;
}

}  // namespace azureml::engine::front
