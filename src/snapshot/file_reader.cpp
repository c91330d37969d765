#include "snapshot/file_reader.hpp"

#include "core/make_error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace azureml::snapshot {

namespace {

[[noreturn]] void throw_errno(File const& file, int error) {
  throw core::make_error<FileError>("cannot read '" + file.absolute.string() +
                                    "' for the snapshot: " + std::generic_category().message(error) +
                                    "; make it readable or leave it out with .amlignore");
}

[[noreturn]] void throw_changed(File const& file) {
  throw core::make_error<FileError>(
      "'" + file.absolute.string() +
      "' has changed while the snapshot was taken; submit again when nothing writes to it, or leave it "
      "out with .amlignore");
}

FileIdentity identity_of(int fd, File const& file) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw_errno(file, errno);
  if (!S_ISREG(status.st_mode)) throw_changed(file);
  return snapshot::identity_of(status);
}

}  // namespace

FileIdentity identity_of(struct ::stat const& status) noexcept {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .modified_seconds = status.st_mtim.tv_sec,
          .modified_nanoseconds = status.st_mtim.tv_nsec};
}

FileReader::FileReader(File const& file) : file_(file) {
  // Should a pipe have taken the file's place, opening it must not wait for a writer.
  try {
    fd_ = base::open_file(file_.absolute, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  } catch (std::system_error const& error) {
    throw_errno(file_, error.code().value());
  }
  identity_ = identity_of(fd_.get(), file_);
  if (identity_.size != file_.size || (file_.identity != FileIdentity{} && file_.identity != identity_))
    throw_changed(file_);
  ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
}

std::size_t FileReader::read(std::span<char> buffer) {
  auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), identity_.size - position_));
  ssize_t got = 0;
  do got = ::read(fd_.get(), buffer.data(), wanted);
  while (got < 0 && errno == EINTR);
  if (got < 0) throw_errno(file_, errno);
  if (got == 0 && wanted != 0) throw_changed(file_);
  position_ += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

void FileReader::seek(std::uint64_t position) {
  if (::lseek(fd_.get(), static_cast<off_t>(position), SEEK_SET) < 0) throw_errno(file_, errno);
  position_ = position;
}

void FileReader::check_unchanged() const {
  if (identity_of(fd_.get(), file_) != identity_) throw_changed(file_);
}

}  // namespace azureml::snapshot
