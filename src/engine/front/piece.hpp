#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace azureml::engine::front {

/// The buffer of a body under way. A large one is the system's own pages and goes back to it at once: what many slow
/// clients needed does not stay with the engine when they are gone.
class Piece {
 public:
  explicit Piece(std::size_t capacity) : capacity_(capacity), mapped_(capacity > kSmall) {
    if (!mapped_) {
      data_ = new char[capacity];
      return;
    }
    auto* const pages = ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc{};
    data_ = static_cast<char*>(pages);
  }
  ~Piece() {
    if (mapped_) {
      ::munmap(data_, capacity_);
    } else {
      delete[] data_;
    }
  }
  Piece(Piece const&) = delete;
  Piece& operator=(Piece const&) = delete;
  [[nodiscard]] char* get() const noexcept { return data_; }

 private:
  static constexpr std::size_t kSmall = 64 << 10;
  char* data_ = nullptr;
  std::size_t capacity_;
  bool mapped_;
};

}  // namespace azureml::engine::front
