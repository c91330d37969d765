#include "snapshot/file_reader.hpp"

#include "core/make_error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace azureml::snapshot {

namespace {

constexpr std::uint64_t kReadAheadMin = 256 << 10;  // below, the kernel reads ahead enough by itself

[[noreturn]] void throw_errno(std::filesystem::path const& path, int error) {
  throw core::make_error<FileError>("cannot read '" + path.string() +
                                    "' for the snapshot: " + std::generic_category().message(error) +
                                    "; make it readable or leave it out with .amlignore");
}

[[noreturn]] void throw_changed(std::filesystem::path const& path) {
  throw core::make_error<FileError>(
      "'" + path.string() +
      "' has changed while the snapshot was taken; submit again when nothing writes to it, or leave it "
      "out with .amlignore");
}

FileIdentity identity_of(int fd, std::filesystem::path const& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw_errno(path, errno);
  if (!S_ISREG(status.st_mode)) throw_changed(path);
  return snapshot::identity_of(status);
}

}  // namespace

FileIdentity identity_of(struct ::stat const& status) noexcept {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .modified_seconds = status.st_mtim.tv_sec,
          .modified_nanoseconds = status.st_mtim.tv_nsec,
          .changed_seconds = status.st_ctim.tv_sec,
          .changed_nanoseconds = status.st_ctim.tv_nsec};
}

FileReader::FileReader(std::filesystem::path path, std::uint64_t size, FileIdentity const& identity)
    : path_(std::move(path)) {
  // Should a pipe have taken the file's place, opening it must not wait for a writer.
  try {
    fd_ = base::open_file(path_, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  } catch (std::system_error const& error) {
    throw_errno(path_, error.code().value());
  }
  identity_ = identity_of(fd_.get(), path_);
  if (identity_.size != size || (identity != FileIdentity{} && identity != identity_)) throw_changed(path_);
  if (size > kReadAheadMin) ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
}

std::size_t FileReader::read(std::span<char> buffer) {
  auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), identity_.size - position_));
  ssize_t got = 0;
  do got = ::read(fd_.get(), buffer.data(), wanted);
  while (got < 0 && errno == EINTR);
  if (got < 0) throw_errno(path_, errno);
  if (got == 0 && wanted != 0) throw_changed(path_);
  position_ += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

void FileReader::read_ahead() const noexcept {
  if (identity_.size != 0) ::posix_fadvise(fd_.get(), 0, static_cast<off_t>(kReadAheadMin), POSIX_FADV_WILLNEED);
}

void FileReader::seek(std::uint64_t position) {
  if (::lseek(fd_.get(), static_cast<off_t>(position), SEEK_SET) < 0) throw_errno(path_, errno);
  position_ = position;
}

void FileReader::check_unchanged() const {
  if (identity_of(fd_.get(), path_) != identity_) throw_changed(path_);
}

}  // namespace azureml::snapshot
