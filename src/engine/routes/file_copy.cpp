#include "engine/routes/file_copy.hpp"

#include "base/unique_fd.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <vector>

namespace azureml::engine::routes {
namespace {

constexpr std::uint64_t kKernelPiece = 8 << 20;
constexpr std::uint64_t kBuffer = 256 << 10;

/// Of two file systems, of a kernel or file system without it, of a sandbox that does not know the call.
bool is_refused_in_general(int code) {
  return code == EXDEV || code == ENOSYS || code == EINVAL || code == EOPNOTSUPP || code == EPERM;
}

[[noreturn]] void fail(char const* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::uint64_t copy_through_buffer(int source, std::uint64_t offset, int target, std::uint64_t length) {
  std::vector<char> buffer(static_cast<std::size_t>(std::min(kBuffer, length)));
  std::uint64_t done = 0;
  while (done < length) {
    auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), length - done));
    auto const count = ::pread(source, buffer.data(), wanted, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("cannot read the piece of a file");
    if (count == 0) break;
    base::write_all(target, std::string_view(buffer.data(), static_cast<std::size_t>(count)), "the copy of a file");
    done += static_cast<std::uint64_t>(count);
  }
  return done;
}

}  // namespace

ssize_t kernel_copy(int source, off_t* offset, int target, std::size_t length) {
  return ::copy_file_range(source, offset, target, nullptr, length, 0);
}

std::uint64_t copy_piece(int source, std::uint64_t offset, int target, std::uint64_t length, KernelCopy const& copy) {
  std::uint64_t done = 0;
  while (done < length) {
    auto from = static_cast<off_t>(offset + done);
    auto const count = copy(source, &from, target, static_cast<std::size_t>(std::min(kKernelPiece, length - done)));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && !is_refused_in_general(errno)) fail("cannot copy the piece of a file");
    // Some file systems answer 0 although there is more: reading tells.
    if (count <= 0) return done + copy_through_buffer(source, offset + done, target, length - done);
    done += static_cast<std::uint64_t>(count);
  }
  return done;
}

}  // namespace azureml::engine::routes
