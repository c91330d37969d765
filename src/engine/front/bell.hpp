#pragma once
#include <utility>  // Asio's awaitable header needs it with GCC 12 and does not include it.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <mutex>

namespace azureml::engine::front {

/// Something a thread elsewhere may ring, also after the connection has ended.
class Bell {
 public:
  Bell(boost::asio::any_io_executor executor, std::function<void()> rung)
      : executor_(std::move(executor)), rung_(std::move(rung)) {}
  void ring() {
    std::lock_guard const lock(mutex_);
    if (closed_ || pending_) return;
    pending_ = true;
    boost::asio::post(executor_, [self = self_.lock()] {
      if (self) self->deliver();
    });
  }
  void close() {
    std::lock_guard const lock(mutex_);
    closed_ = true;
  }
  static std::shared_ptr<Bell> make(boost::asio::any_io_executor executor, std::function<void()> rung) {
    auto bell = std::make_shared<Bell>(std::move(executor), std::move(rung));
    bell->self_ = bell;
    return bell;
  }

 private:
  void deliver() {
    {
      std::lock_guard const lock(mutex_);
      pending_ = false;
      if (closed_) return;
    }
    rung_();
  }
  std::mutex mutex_{};
  bool closed_ = false, pending_ = false;
  boost::asio::any_io_executor executor_;
  std::function<void()> rung_;
  std::weak_ptr<Bell> self_{};
};

struct BellCloser {
  std::shared_ptr<Bell> bell;
  ~BellCloser() { bell->close(); }
};

}  // namespace azureml::engine::front
