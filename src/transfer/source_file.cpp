#include "transfer/source_file.hpp"

#include "core/make_error.hpp"
#include "snapshot/file_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace azureml::transfer {

SourceFile::SourceFile(UploadItem const& item, std::string what) : path_(item.file), what_(std::move(what)) {
  // Should a pipe have taken the file's place, opening it must not wait for a writer.
  try {
    fd_ = base::open_file(path_, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  } catch (std::system_error const& error) {
    throw_errno(error.code().value());
  }
  identity_ = look();
  if (identity_.size != item.size || (item.identity != snapshot::FileIdentity{} && item.identity != identity_))
    throw_changed();
  ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
}

snapshot::FileIdentity SourceFile::look() const {
  struct ::stat status {};
  if (::fstat(fd_.get(), &status) != 0) throw_errno(errno);
  if (!S_ISREG(status.st_mode)) throw_changed();
  return snapshot::identity_of(status);
}

void SourceFile::read_at(std::uint64_t offset, std::span<char> buffer) const {
  while (!buffer.empty()) {
    auto const got = ::pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno(errno);
    if (got == 0) throw_changed();
    offset += static_cast<std::uint64_t>(got);
    buffer = buffer.subspan(static_cast<std::size_t>(got));
  }
}

void SourceFile::check_unchanged() const {
  if (look() != identity_) throw_changed();
}

void SourceFile::throw_errno(int error) const {
  throw core::make_error<FileError>("cannot " + what_ + ": '" + path_.string() + "' cannot be read: " +
                                    std::generic_category().message(error) + "; make it readable or leave it out");
}

void SourceFile::throw_changed() const {
  throw core::make_error<FileError>("cannot " + what_ + ": '" + path_.string() +
                                    "' has changed meanwhile; try again when nothing writes to it, or leave it out");
}

std::size_t MemorySource::read(std::span<char> buffer) {
  auto const count = std::min(buffer.size(), bytes_.size() - position_);
  std::memcpy(buffer.data(), bytes_.data() + position_, count);
  position_ += count;
  moved_(static_cast<std::int64_t>(count));
  return count;
}

void MemorySource::rewind() {
  moved_(-static_cast<std::int64_t>(position_));
  position_ = 0;
}

std::size_t FilePartSource::read(std::span<char> buffer) {
  auto const count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size_ - position_));
  file_->read_at(offset_ + position_, buffer.first(count));
  position_ += count;
  moved_(static_cast<std::int64_t>(count));
  return count;
}

void FilePartSource::rewind() {
  moved_(-static_cast<std::int64_t>(position_));
  position_ = 0;
}

}  // namespace azureml::transfer
