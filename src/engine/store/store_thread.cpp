#include "engine/store/store_thread.hpp"

#include "engine/store/store.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>

namespace azureml::engine::store {

struct StoreThread::State {
  std::mutex mutex{};
  std::condition_variable changed{};
  std::deque<std::function<void(Store&)>> tasks{};
  std::size_t queue_max = 1;
  bool ending = false;
  logging::Logger logger{};
};

StoreThread::StoreThread(std::unique_ptr<Store> store, logging::Logger logger, std::size_t queue_max)
    : state_(std::make_shared<State>()) {
  state_->queue_max = std::max<std::size_t>(queue_max, 1);
  state_->logger = std::move(logger);
  thread_ = std::thread([state = state_, owned = std::move(store)]() mutable {
    // Closed on this thread, the only one that has used it.
    auto const store_here = std::move(owned);
    for (;;) {
      std::function<void(Store&)> task;
      {
        std::unique_lock lock{state->mutex};
        state->changed.wait(lock, [&] { return state->ending || !state->tasks.empty(); });
        if (state->tasks.empty()) return;
        task = std::move(state->tasks.front());
        state->tasks.pop_front();
      }
      state->changed.notify_all();
      try {
        task(*store_here);
      } catch (std::exception const& error) {
        state->logger.error(std::string("a task of the store failed: ") + error.what());
      } catch (...) {
        state->logger.error("a task of the store failed with something that is no exception of the library");
      }
    }
  });
}

StoreThread::~StoreThread() {
  {
    std::lock_guard lock{state_->mutex};
    state_->ending = true;
  }
  state_->changed.notify_all();
  thread_.join();
}

void StoreThread::post(std::function<void(Store&)> task) {
  {
    std::unique_lock lock{state_->mutex};
    // A task of the store thread itself cannot wait for that thread: it may exceed the bound, which its own end then makes good.
    if (std::this_thread::get_id() != thread_.get_id()) {
      state_->changed.wait(lock, [&] { return state_->tasks.size() < state_->queue_max; });
    }
    state_->tasks.push_back(std::move(task));
  }
  state_->changed.notify_all();
}

}  // namespace azureml::engine::store
