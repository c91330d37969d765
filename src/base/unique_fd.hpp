#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace azureml::base {

/// Owns a file descriptor. Every descriptor of the project is made close-on-exec.
class UniqueFd {
 public:
  UniqueFd() noexcept = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~UniqueFd() { reset(); }
  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

/// `open(2)` with O_CLOEXEC, retried on EINTR. @throws std::system_error naming the path.
UniqueFd open_file(std::filesystem::path const& path, int flags, unsigned mode = 0600);
/// Writes all bytes, retried on EINTR and short writes. @throws std::system_error naming `what`.
void write_all(int fd, std::string_view bytes, std::string const& what);
/// Reads up to `limit` bytes of a small file. @throws std::system_error when it cannot be opened, std::length_error when it is larger.
std::string read_small_file(std::filesystem::path const& path, std::size_t limit = 16 << 20);

}  // namespace azureml::base
