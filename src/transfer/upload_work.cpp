#include "transfer/upload_work.hpp"

#include <stop_token>
#include <utility>

namespace azureml::transfer {

namespace {
constexpr char kDoing[] = "uploading files";
}

UploadWork::UploadWork(std::size_t files, std::size_t buffers, std::size_t buffer_size)
    : files_(files), buffers_max_(buffers), buffer_size_(buffer_size) {
  free_.reserve(buffers);
}

std::optional<std::size_t> UploadWork::next_file(http::Deadline const& deadline) {
  std::unique_lock lock(mutex_);
  // While a file is under way it may have blocks for this thread.
  auto const ready = [this] { return parts_.empty() && (next_ < files_ || active_ == 0); };
  if (!help_until(lock, deadline, ready) || next_ == files_) return {};
  ++active_;
  return next_++;
}

void UploadWork::end_file() {
  std::lock_guard const lock(mutex_);
  --active_;
  changed_.notify_all();
}

std::shared_ptr<UploadWork::Buffer> UploadWork::take_buffer(http::Deadline const& deadline) {
  std::unique_ptr<char[]> memory;
  {
    std::unique_lock lock(mutex_);
    auto const ready = [this] { return !free_.empty() || buffers_ < buffers_max_; };
    if (!help_until(lock, deadline, ready)) deadline.check(kDoing);
    if (!free_.empty()) {
      memory = std::move(free_.back());
      free_.pop_back();
    } else {
      // Not zeroed: pages that are never used cost nothing.
      memory.reset(new char[buffer_size_]);
      ++buffers_;
    }
  }
  return std::make_shared<Buffer>(*this, std::move(memory));
}

void UploadWork::give_back(std::unique_ptr<char[]> memory) {
  std::lock_guard const lock(mutex_);
  free_.push_back(std::move(memory));
  changed_.notify_all();
}

void UploadWork::add(Part part) {
  std::lock_guard const lock(mutex_);
  parts_.push_back(std::move(part));
  changed_.notify_all();
}

void UploadWork::wait_until(std::function<bool()> const& done, http::Deadline const& deadline) {
  std::unique_lock lock(mutex_);
  if (!help_until(lock, deadline, done)) deadline.check(kDoing);
}

void UploadWork::enter() {
  std::lock_guard const lock(mutex_);
  ++busy_;
}

void UploadWork::leave() {
  std::lock_guard const lock(mutex_);
  --busy_;
  changed_.notify_all();
}

void UploadWork::let_others_end(std::chrono::milliseconds patience, http::Deadline const& deadline) {
  std::unique_lock lock(mutex_);
  ending_ = true;
  --busy_;
  changed_.notify_all();
  changed_.wait_for(lock, deadline.left().stop, patience, [this] { return busy_ == 0; });
  ++busy_;
}

bool UploadWork::help_until(std::unique_lock<std::mutex>& lock, http::Deadline const& deadline,
                            std::function<bool()> const& ready) {
  auto const stop = deadline.left().stop;
  auto const wait_for = [&](auto const& something) {
    --busy_;
    changed_.notify_all();
    changed_.wait(lock, stop, something);
    ++busy_;
  };
  // Each round ends one of the finitely many parts, or waits.
  while (!stop.stop_requested()) {
    if (ending_) {
      wait_for([] { return false; });
      return false;
    }
    if (ready()) return true;
    if (parts_.empty()) {
      wait_for([&] { return ending_ || !parts_.empty() || ready(); });
      continue;
    }
    auto part = std::move(parts_.front());
    parts_.pop_front();
    lock.unlock();
    part(deadline);
    part = nullptr;
    lock.lock();
    changed_.notify_all();
  }
  return false;
}

}  // namespace azureml::transfer
