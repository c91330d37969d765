#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace azureml::engine::runner {

/// Tells whoever waits that something under a topic has changed: `run:<id>` for its status and the growth of its logs.
/// Callbacks run on the publisher's thread, without a lock held, and must be short (they post to an executor). Thread-safe.
class Notifier {
 public:
  class [[nodiscard]] Subscription {
   public:
    Subscription() noexcept = default;
    Subscription(Subscription&&) noexcept = default;
    Subscription& operator=(Subscription&&) noexcept = default;
    ~Subscription() = default;

   private:
    friend class Notifier;
    explicit Subscription(std::shared_ptr<void> guard) noexcept : guard_(std::move(guard)) {}
    std::shared_ptr<void> guard_{};
  };
  Notifier();
  /// May still be called once shortly after the subscription has ended.
  Subscription subscribe(std::string const& topic, std::function<void()> callback);
  void publish(std::string const& topic);
  [[nodiscard]] bool watched(std::string const& topic) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace azureml::engine::runner
