#include "http/exchange.hpp"

#include <utility>

namespace azureml::http {

void Exchange::want_bytes(std::span<char> room, Taken taken) {
  {
    std::lock_guard const lock(mutex_);
    if (!closed_) {
      room_ = room;
      taken_ = std::move(taken);
      wants_ = true;
      changed_.notify_all();
      return;
    }
  }
  taken(0);
}

void Exchange::give_bytes(std::string_view piece, Taken taken) {
  {
    std::lock_guard const lock(mutex_);
    if (!closed_) {
      piece_ = piece;
      taken_ = std::move(taken);
      gives_ = true;
      changed_.notify_all();
      return;
    }
  }
  taken(piece.size());
}

void Exchange::head(Response head) {
  std::lock_guard const lock(mutex_);
  head_ = std::move(head);
  has_head_ = true;
  changed_.notify_all();
}

void Exchange::finish() {
  std::lock_guard const lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

void Exchange::fail(std::exception_ptr failure) {
  std::lock_guard const lock(mutex_);
  failure_ = std::move(failure);
  changed_.notify_all();
}

Exchange::Event Exchange::next(std::stop_token const& stop, std::chrono::steady_clock::time_point limit) {
  std::unique_lock lock(mutex_);
  auto const ready = [this] { return failure_ || head_ || wants_ || (gives_ && has_head_) || finished_; };
  bool const came = changed_.wait_until(lock, stop, limit, ready);
  if (stop.stop_requested()) return Event::stopped;
  if (!came) return Event::timed_out;
  if (head_) return Event::head;
  if (wants_) return Event::want;
  if (gives_) return Event::give;
  if (failure_) return Event::failed;
  return Event::finished;
}

void Exchange::taken(std::size_t count) {
  Taken taken;
  {
    std::lock_guard const lock(mutex_);
    wants_ = gives_ = false;
    taken = std::exchange(taken_, nullptr);
  }
  if (taken) taken(count);
}

Response Exchange::take_head() {
  std::lock_guard const lock(mutex_);
  auto result = std::move(*head_);
  head_.reset();
  return result;
}

std::exception_ptr Exchange::failure() const {
  std::lock_guard const lock(mutex_);
  return failure_;
}

void Exchange::close() noexcept {
  Taken taken;
  std::size_t thrown_away = 0;
  {
    std::lock_guard const lock(mutex_);
    closed_ = true;
    thrown_away = gives_ ? piece_.size() : 0;
    taken = std::exchange(taken_, nullptr);
  }
  if (!taken) return;
  try {
    taken(thrown_away);
  } catch (...) {
    // The library could not be told; its own end of the connection, which is closed next, tells it.
  }
}

}  // namespace azureml::http
