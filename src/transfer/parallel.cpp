#include "transfer/parallel.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace azureml::transfer {

namespace {

constexpr std::chrono::milliseconds kTick{100};

/// Threads made meanwhile take no signals: those are the host program's.
class WithoutSignals {
 public:
  WithoutSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  WithoutSignals(WithoutSignals const&) = delete;
  WithoutSignals& operator=(WithoutSignals const&) = delete;
  ~WithoutSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

class Crew {
 public:
  Crew(std::size_t count, std::function<void(std::size_t, std::stop_token const&)> const& task)
      : count_(count), task_(task) {}

  void start(unsigned threads) {
    {
      WithoutSignals const guard;
      try {
        for (std::size_t i = 0; i < std::min<std::size_t>(threads, count_); ++i) {
          std::lock_guard const lock(mutex_);
          threads_.emplace_back([this] { work(); });
          ++running_;
        }
      } catch (std::system_error const&) {
        if (!threads_.empty()) return;  // fewer threads are slower, not wrong
      }
    }
    if (threads_.empty() && count_ > 0) {
      running_ = 1;
      work();
    }
  }

  /// True when all work has ended, or as soon as it has within the time.
  bool wait(bool with_limit) {
    std::unique_lock lock(mutex_);
    auto const ended = [this] { return running_ == 0; };
    if (with_limit) return ended_.wait_for(lock, kTick, ended);
    ended_.wait(lock, ended);
    return true;
  }

  void fail(std::exception_ptr const& failure) {
    {
      std::lock_guard const lock(mutex_);
      if (!failure_) failure_ = failure;
    }
    stop_.request_stop();
  }
  void stop() { stop_.request_stop(); }

  void finish() {
    threads_.clear();  // joins
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void work() noexcept {
    try {
      while (!stop_.stop_requested()) {
        std::size_t index = 0;
        {
          std::lock_guard const lock(mutex_);
          if (next_ == count_) break;
          index = next_++;
        }
        task_(index, stop_.get_token());
      }
    } catch (...) {
      fail(std::current_exception());
    }
    std::lock_guard const lock(mutex_);
    if (--running_ == 0) ended_.notify_all();
  }

  std::size_t const count_;
  std::function<void(std::size_t, std::stop_token const&)> const& task_;
  std::stop_source stop_{};
  std::mutex mutex_{};
  std::condition_variable ended_{};
  std::exception_ptr failure_{};
  std::size_t next_ = 0, running_ = 0;
  std::vector<std::jthread> threads_{};
};

}  // namespace

void run_parallel(std::size_t count, unsigned threads, std::stop_token const& outer,
                  std::function<void(std::size_t, std::stop_token const&)> const& task,
                  std::function<void()> const& tick) {
  Crew crew(count, task);
  std::stop_callback const forward(outer, [&crew] { crew.stop(); });
  crew.start(threads);
  try {
    while (!crew.wait(static_cast<bool>(tick))) tick();
  } catch (...) {
    crew.fail(std::current_exception());
    crew.wait(false);
  }
  crew.finish();
}

}  // namespace azureml::transfer
