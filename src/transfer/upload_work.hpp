#pragma once
#include "http/deadline.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace azureml::transfer {

/// What the threads of one upload share: which file is next, the blocks that wait for a sender, and the buffers that
/// bound the memory. A thread that has to wait for something sends blocks meanwhile, so none can wait for ever for
/// another. Thread-safe.
class UploadWork {
 public:
  /// The sending of one block, by whichever thread.
  using Part = std::function<void(http::Deadline const&)>;

  /// Memory for one block; goes back when destroyed.
  class Buffer {
   public:
    Buffer(UploadWork& work, std::unique_ptr<char[]> memory) : work_(work), memory_(std::move(memory)) {}
    Buffer(Buffer const&) = delete;
    Buffer& operator=(Buffer const&) = delete;
    ~Buffer() { work_.give_back(std::move(memory_)); }
    [[nodiscard]] std::span<char> room() const { return {memory_.get(), work_.buffer_size_}; }

   private:
    UploadWork& work_;
    std::unique_ptr<char[]> memory_;
  };

  UploadWork(std::size_t files, std::size_t buffers, std::size_t buffer_size);

  /// The next file to begin; sends blocks of others before that. Nothing when all is done or a stop was requested.
  /// Whoever gets one says `end_file` when it is up.
  std::optional<std::size_t> next_file(http::Deadline const& deadline);
  void end_file();
  /// @throws StoppedError
  std::shared_ptr<Buffer> take_buffer(http::Deadline const& deadline);
  void add(Part part);
  /// One of the upload's threads, as long as it lives. A thread that fails for a lost connection says so before it leaves.
  class Member {
   public:
    explicit Member(UploadWork& work) : work_(work) { work_.enter(); }
    Member(Member const&) = delete;
    Member& operator=(Member const&) = delete;
    ~Member() { work_.leave(); }

   private:
    UploadWork& work_;
  };
  /// Nothing new begins from now on. Returns when the other threads have sent what they had begun, at the latest after `patience`
  /// or at a stop, so that one lost connection costs what it carried and not what others did.
  void let_others_end(std::chrono::milliseconds patience, http::Deadline const& deadline);

  /// Returns when `done`, which is asked with a lock held whenever a part has ended. @throws StoppedError
  void wait_until(std::function<bool()> const& done, http::Deadline const& deadline);

 private:
  bool help_until(std::unique_lock<std::mutex>& lock, http::Deadline const& deadline,
                  std::function<bool()> const& ready);
  void give_back(std::unique_ptr<char[]> memory);
  void enter();
  void leave();

  std::size_t const files_, buffers_max_, buffer_size_;
  std::mutex mutex_{};
  std::condition_variable_any changed_{};
  std::size_t next_ = 0, active_ = 0, buffers_ = 0;
  std::size_t busy_ = 0;  ///< Threads that do not wait.
  bool ending_ = false;
  std::vector<std::unique_ptr<char[]>> free_{};
  std::deque<Part> parts_{};  ///< Last: what they hold of the buffers goes back to the others.
};

}  // namespace azureml::transfer
