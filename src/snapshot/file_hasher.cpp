#include "snapshot/file_hasher.hpp"

#include <algorithm>
#include <string_view>

namespace azureml::snapshot {

Sha256 to_sha256(std::string const& raw) {
  Sha256 sum{};
  std::copy_n(raw.begin(), std::min(raw.size(), sum.size()), sum.begin());
  return sum;
}

FileHasher::FileHasher(std::vector<Sha256>& sums, bool with_thread) : sums_(sums) {
  if (with_thread) thread_ = std::thread([this] { work(); });
}

FileHasher::~FileHasher() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard const lock(mutex_);
    end_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Batch& FileHasher::batch() {
  auto& next = batches_[given_ % kBatches];
  if (thread_.joinable()) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return given_ - done_ < kBatches || failure_; });
  }
  rethrow();
  if (next.bytes.empty()) next.bytes.resize(kBatchSize);
  next.used = 0;
  next.pieces.clear();
  return next;
}

void FileHasher::hand_over() {
  if (!thread_.joinable()) {
    hash(batches_[given_ % kBatches]);
    ++given_;
    return;
  }
  {
    std::lock_guard const lock(mutex_);
    ++given_;
  }
  changed_.notify_all();
}

void FileHasher::finish() {
  if (thread_.joinable()) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return given_ == done_ || failure_; });
  }
  rethrow();
}

void FileHasher::rethrow() {
  std::lock_guard const lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

void FileHasher::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return given_ != done_ || end_; });
    if (end_) return;
    auto const& next = batches_[done_ % kBatches];
    lock.unlock();
    std::exception_ptr failure;
    try {
      hash(next);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    ++done_;
    if (failure) failure_ = failure;
    changed_.notify_all();
    if (failure) return;
  }
}

void FileHasher::hash(Batch const& batch) {
  std::size_t position = 0;
  for (auto const& piece : batch.pieces) {
    auto const bytes = std::string_view(batch.bytes).substr(position, piece.size);
    position += piece.size;
    if (!piece.wanted) continue;
    if (!digest_) digest_ = base::Digest::sha256();
    digest_->update(bytes);
    if (!piece.last) continue;
    sums_[piece.file] = to_sha256(digest_->finish());
    digest_.reset();
  }
}

}  // namespace azureml::snapshot
