#pragma once
#include "base/clock.hpp"
#include "engine/front/dispatcher.hpp"
#include "engine/front/listener.hpp"
#include "engine/runner/notifier.hpp"
#include "unit/front/raw_client.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace azureml::tests {

/// Stands in for the store's thread.
class SerialThread {
 public:
  SerialThread();
  ~SerialThread();
  void post(std::function<void()> task);
  [[nodiscard]] std::thread::id id() const { return thread_.get_id(); }

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::deque<std::function<void()>> tasks_{};
  bool ending_ = false;
  std::thread thread_;
};

engine::store::Identity an_identity();

/// A listener with a table of the test's own.
class FrontFixture {
 public:
  explicit FrontFixture(std::vector<engine::front::Operation> operations, engine::front::ServerLimits limits = {},
                        std::function<engine::front::RunState(std::string const&)> run_state = {});
  ~FrontFixture();
  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
  [[nodiscard]] std::string host() const { return "Host: 127.0.0.1:" + std::to_string(port()) + "\r\n"; }
  [[nodiscard]] std::string bearer() const;
  engine::front::Tokens const& tokens() const { return tokens_; }
  engine::front::Listener& listener() { return *listener_; }
  engine::runner::Notifier& notifier() { return notifier_; }
  SerialThread& store() { return store_; }

 private:
  engine::store::Identity identity_ = an_identity();
  engine::front::Tokens tokens_{identity_};
  engine::runner::Notifier notifier_{};
  SerialThread store_{};
  std::unique_ptr<engine::front::Listener> listener_{};
  std::unique_ptr<engine::front::Dispatcher> dispatcher_{};
};

/// A route of the engine plane that needs no token.
engine::front::Operation open_route(std::string method, std::string pattern,
                                    std::function<engine::routes::Reply(engine::routes::Request const&)> handle);

/// Lets a test wait for something another thread does.
class Signal {
 public:
  void set();
  bool wait(std::chrono::milliseconds time = std::chrono::seconds{10});

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  bool set_ = false;
};

}  // namespace azureml::tests
