#include "engine/runner/notifier.hpp"

#include <utility>
#include <vector>

namespace azureml::engine::runner {

struct Notifier::State {
  using Callback = std::shared_ptr<std::function<void()>>;
  mutable std::mutex mutex{};
  std::map<std::string, std::map<std::uint64_t, Callback>> topics{};
  std::uint64_t next = 0;
};

Notifier::Notifier() : state_(std::make_shared<State>()) {}

Notifier::Subscription Notifier::subscribe(std::string const& topic, std::function<void()> callback) {
  std::uint64_t id = 0;
  {
    std::lock_guard lock{state_->mutex};
    id = state_->next++;
    state_->topics[topic][id] = std::make_shared<std::function<void()>>(std::move(callback));
  }
  // The guard has nothing to point at; its end takes the subscription out.
  return Subscription(std::shared_ptr<void>(static_cast<void*>(nullptr), [weak = std::weak_ptr(state_), topic, id](void*) {
    auto const state = weak.lock();
    if (!state) return;
    State::Callback ended;  // destroyed after the lock is given back: what it holds may do anything
    std::lock_guard lock{state->mutex};
    auto const found = state->topics.find(topic);
    if (found == state->topics.end()) return;
    if (auto const entry = found->second.find(id); entry != found->second.end()) {
      ended = std::move(entry->second);
      found->second.erase(entry);
    }
    if (found->second.empty()) state->topics.erase(found);
  }));
}

void Notifier::publish(std::string const& topic) {
  std::vector<State::Callback> callbacks;
  {
    std::lock_guard lock{state_->mutex};
    auto const found = state_->topics.find(topic);
    if (found == state_->topics.end()) return;
    callbacks.reserve(found->second.size());
    for (auto const& [id, callback] : found->second) callbacks.push_back(callback);
  }
  for (auto const& callback : callbacks) (*callback)();
}

bool Notifier::watched(std::string const& topic) const {
  std::lock_guard lock{state_->mutex};
  return state_->topics.contains(topic);
}

}  // namespace azureml::engine::runner
