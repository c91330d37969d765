#include "engine/runner/files.hpp"

#include "base/uuid.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>
#include <system_error>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kPiece = 1 << 20;
constexpr std::uint64_t kCopyPiece = 64 << 20;

[[noreturn]] void throw_errno(std::string const& what) { throw std::system_error(errno, std::generic_category(), what); }

std::uint64_t copy_by_hand(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset, std::uint64_t length, std::string const& what) {
  auto const buffer = std::make_unique<char[]>(kPiece);
  std::uint64_t done = 0;
  while (done < length) {
    auto const count = ::pread(from, buffer.get(), std::min<std::uint64_t>(kPiece, length - done), static_cast<off_t>(from_offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("cannot read for '" + what + "'");
    if (count == 0) break;
    for (ssize_t written = 0; written < count;) {
      auto const part = ::pwrite(to, buffer.get() + written, static_cast<std::size_t>(count - written),
                                 static_cast<off_t>(to_offset + done + static_cast<std::uint64_t>(written)));
      if (part < 0 && errno == EINTR) continue;
      if (part < 0) throw_errno("cannot write '" + what + "'");
      written += part;
    }
    done += static_cast<std::uint64_t>(count);
  }
  return done;
}

bool is_within(fs::path const& root, fs::path const& path) {
  auto const [end, at] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return end == root.end() && at != path.end();
}

}  // namespace

std::uint64_t copy_bytes(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset, std::uint64_t length, std::string const& what) {
  std::uint64_t done = 0;
  while (done < length) {
    auto in = static_cast<off64_t>(from_offset + done);
    auto out = static_cast<off64_t>(to_offset + done);
    auto const count = ::copy_file_range(from, &in, to, &out, std::min<std::uint64_t>(length - done, 1U << 30U), 0);
    if (count > 0) {
      done += static_cast<std::uint64_t>(count);
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP && errno != EBADF && errno != EPERM)
      throw_errno("cannot write '" + what + "'");
    // Some file systems say 0 where bytes are left; reading decides.
    return done + copy_by_hand(from, from_offset + done, to, to_offset + done, length - done, what);
  }
  return done;
}

base::UniqueFd open_beneath(fs::path const& root, fs::path const& relative, struct stat& info) {
  std::error_code error;
  auto const real_root = fs::canonical(root, error);
  if (error) return {};
  auto const real = fs::canonical(root / relative, error);
  if (error || !is_within(real_root, real)) return {};
  auto const inside = real.lexically_relative(real_root);
  base::UniqueFd const directory(::open(real_root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return {};
  struct open_how how {};
  how.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  base::UniqueFd file(static_cast<int>(::syscall(SYS_openat2, directory.get(), inside.c_str(), &how, sizeof how)));
  if (!file && (errno == ENOSYS || errno == EPERM))
    file.reset(::openat(directory.get(), inside.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  return file;
}

void publish_copy(int from, fs::path const& scratch, fs::path const& target) {
  fs::create_directories(target.parent_path());
  auto const temporary = scratch / base::random_hex(16);
  try {
    auto const to = base::open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
    copy_bytes(from, 0, to.get(), 0, std::numeric_limits<std::uint64_t>::max() / 4, target.string());
    if (::fsync(to.get()) != 0) throw_errno("cannot write '" + target.string() + "'");
    if (::rename(temporary.c_str(), target.c_str()) != 0) throw_errno("cannot put '" + target.string() + "' in place");
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void copy_file(fs::path const& source, fs::path const& target, CopyOptions const& options) {
  auto const in = base::open_file(source, O_RDONLY | O_NOFOLLOW);
  struct stat info {};
  if (::fstat(in.get(), &info) != 0) throw_errno("cannot read '" + source.string() + "'");
  auto const out = base::open_file(target, O_WRONLY | O_CREAT | O_EXCL, (options.read_only ? 0444U : 0644U) | (info.st_mode & 0111U));
  auto const size = static_cast<std::uint64_t>(info.st_size);
  for (std::uint64_t done = 0; done < size;) {
    if (options.check) options.check();
    auto const wanted = std::min(kCopyPiece, size - done);
    if (copy_bytes(in.get(), done, out.get(), done, wanted, target.string()) < wanted) break;
    done += wanted;
  }
}

std::uint64_t copy_tree(fs::path const& source, fs::path const& target, CopyOptions const& options) {
  fs::create_directory(target);
  std::uint64_t files = 0;
  for (auto const& entry : fs::recursive_directory_iterator(source)) {
    auto const status = entry.symlink_status();
    auto const to = target / entry.path().lexically_relative(source);
    if (fs::is_directory(status)) {
      fs::create_directory(to);
    } else if (fs::is_regular_file(status)) {
      if (options.check) options.check();
      copy_file(entry.path(), to, options);
      ++files;
    }
  }
  return files;
}

}  // namespace azureml::engine::runner
