#pragma once
#include "log/logger.hpp"

#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

namespace azureml::engine::store {

class Store;

/// The one thread that uses the database. Tasks run in the order given; the queue is bounded: `post` waits when it is full, except on the
/// store thread itself, which would wait for itself. What a posted task throws is logged. All members may be called from any thread.
class StoreThread {
 public:
  StoreThread(std::unique_ptr<Store> store, logging::Logger logger, std::size_t queue_max = 4096);
  ~StoreThread();  ///< Runs what is queued, then ends.
  void post(std::function<void(Store&)> task);
  /// Runs `task` on the thread and gives its result or exception. Never from the store thread itself.
  template <class F>
  auto call(F task) -> std::invoke_result_t<F, Store&> {
    using R = std::invoke_result_t<F, Store&>;
    auto packaged = std::make_shared<std::packaged_task<R(Store&)>>(std::move(task));
    auto result = packaged->get_future();
    post([packaged](Store& store) { (*packaged)(store); });
    return result.get();
  }

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace azureml::engine::store
