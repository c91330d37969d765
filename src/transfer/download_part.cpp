#include "transfer/download_part.hpp"

#include "core/make_error.hpp"
#include "transfer/download_sum.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

namespace azureml::transfer {

namespace {

constexpr std::size_t kLineMax = 16 << 10;  ///< Of the head: a blob's name has up to 1,024 characters.
constexpr std::size_t kPiece = 256 << 10;
constexpr int kLockTries = 16;

/// The file that `name` stands for is the open one.
bool is_still(Folder const& folder, std::string const& name, int fd) {
  struct stat named {
  }, opened{};
  return ::fstatat(folder.fd.get(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 && ::fstat(fd, &opened) == 0 &&
         named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

/// @returns errno, 0 when it is done
int put_in_place(int folder, std::string const& from, std::string const& to, bool replace) {
  if (replace) return ::renameat(folder, from.c_str(), folder, to.c_str()) == 0 ? 0 : errno;
  if (::renameat2(folder, from.c_str(), folder, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (::linkat(folder, from.c_str(), folder, to.c_str(), 0) != 0) return errno;
  return ::unlinkat(folder, from.c_str(), 0) == 0 ? 0 : errno;
}

}  // namespace

PartFile::PartFile(Place place)
    : place_(std::move(place)), part_(part_name(place_.name)), journal_(journal_name(place_.name)) {
  lock();
}

PartFile::~PartFile() {
  if (there_ && recorded_ == 0) remove();
}

void PartFile::fail(int error) const {
  throw_file_error(place_.path(), error);
}

void PartFile::lock() {
  for (int i = 0; i < kLockTries; ++i) {
    fd_ = open_own(*place_.folder, part_, O_CREAT);
    // A file system without locks goes without.
    if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      throw core::make_error<FileError>("cannot write '" + place_.path().string() +
                                        "': another download is writing it; wait for its end or choose another "
                                        "destination");
    if (!is_still(*place_.folder, part_, fd_.get())) continue;  // the other one has just ended
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0) fail(errno);
    may_have_journal_ = status.st_size > 0;
    there_ = true;
    return;
  }
  fail(EBUSY);
}

std::optional<JournalHead> PartFile::kept() const {
  if (!may_have_journal_) return std::nullopt;
  auto const fd = open_own(*place_.folder, journal_, 0);
  if (!fd) return std::nullopt;
  std::optional<JournalHead> head;
  read_lines(fd.get(), kLineMax, [&](std::string_view line) {
    head = parse_journal_head(line);
    return false;
  });
  return head;
}

Intervals PartFile::resume(JournalHead const& head, std::function<void()> const& check) {
  Intervals result;
  journal_fd_ = open_own(*place_.folder, journal_, O_APPEND);
  struct stat status {};
  if (!journal_fd_ || ::fstat(fd_.get(), &status) != 0) return result;
  auto const on_disk = std::min<std::uint64_t>(head.size, static_cast<std::uint64_t>(status.st_size));
  std::vector<char> buffer(kPiece);
  auto const is_sound = [&](JournalRecord const& record) {
    if (record.size == 0 || record.first > on_disk || record.size > on_disk - record.first) return false;
    BlockSum sum;
    while (sum.size() < record.size) {
      check();
      auto const want = std::min<std::uint64_t>(record.size - sum.size(), buffer.size());
      auto const got = read(record.first + sum.size(), {buffer.data(), static_cast<std::size_t>(want)});
      if (got == 0) return false;
      sum.update({buffer.data(), got});
    }
    return sum.value() == record.sum;
  };
  read_lines(journal_fd_.get(), kLineMax, [&](std::string_view line) {
    auto const record = parse_journal_record(line);
    if (record && is_sound(*record)) result.add({record->first, record->first + record->size});
    return true;
  });
  // Whatever its last line is, the next one begins anew.
  append("\n");
  if (static_cast<std::uint64_t>(status.st_size) > head.size &&
      ::ftruncate(fd_.get(), static_cast<off_t>(head.size)) != 0)
    fail(errno);
  recorded_ = result.count();
  return result;
}

void PartFile::begin(std::optional<std::uint64_t> size, std::optional<JournalHead> const& head) {
  recorded_ = 0;
  // The journal first: it must never tell of bytes that are gone.
  if (head || journal_fd_) {
    journal_fd_ = open_own(*place_.folder, journal_, O_CREAT | O_APPEND);
    may_have_journal_ = true;
    if (::ftruncate(journal_fd_.get(), 0) != 0) fail(errno);
  }
  if (::ftruncate(fd_.get(), 0) != 0) fail(errno);
  // A disk that is too small is found out before anything moves.
  if (size && *size > 0 && head) {
    int error = 0;
    do {
      error = ::fallocate(fd_.get(), 0, 0, static_cast<off_t>(*size)) == 0 ? 0 : errno;
    } while (error == EINTR);
    if (error == ENOSPC || error == EDQUOT || error == EFBIG) fail(error);
  }
  if (!head) {
    journal_fd_.reset();
    return;
  }
  append(journal_line(*head));
}

void PartFile::append(std::string const& line) {
  std::lock_guard const lock(mutex_);
  try {
    base::write_all(journal_fd_.get(), line, place_.path().string());
  } catch (std::system_error const& error) {
    fail(error.code().value());
  }
}

void PartFile::write(std::uint64_t offset, std::string_view piece) {
  while (!piece.empty()) {
    auto const written = ::pwrite(fd_.get(), piece.data(), piece.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(written == 0 ? EIO : errno);
    offset += static_cast<std::uint64_t>(written);
    piece.remove_prefix(static_cast<std::size_t>(written));
  }
}

void PartFile::record(JournalRecord const& record) {
  if (!journal_fd_ || record.size == 0) return;
  // The disk begins now, so that it has little left to do at the end.
  (void)::sync_file_range(fd_.get(), static_cast<off_t>(record.first), static_cast<off_t>(record.size),
                          SYNC_FILE_RANGE_WRITE);
  append(journal_line(record));
  recorded_ += record.size;
}

std::size_t PartFile::read(std::uint64_t offset, std::span<char> buffer) const {
  while (true) {
    auto const got = ::pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) fail(errno);
  }
}

bool PartFile::commit(std::uint64_t size, bool replace) {
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) fail(errno);
  if (static_cast<std::uint64_t>(status.st_size) != size) fail(EIO);  // somebody else has changed it
  if (::fsync(fd_.get()) != 0) fail(errno);
  if (!is_still(*place_.folder, part_, fd_.get())) fail(EBUSY);
  auto const error = put_in_place(place_.folder->fd.get(), part_, place_.name, replace);
  if (error == EEXIST && !replace) {
    discard();
    return false;
  }
  if (error != 0) fail(error);
  there_ = false;
  if (may_have_journal_) (void)::unlinkat(place_.folder->fd.get(), journal_.c_str(), 0);
  fd_.reset();
  return true;
}

void PartFile::discard() noexcept {
  recorded_ = 0;
  if (there_) remove();
}

void PartFile::remove() noexcept {
  there_ = false;
  if (is_still(*place_.folder, part_, fd_.get())) (void)::unlinkat(place_.folder->fd.get(), part_.c_str(), 0);
  if (may_have_journal_) (void)::unlinkat(place_.folder->fd.get(), journal_.c_str(), 0);
}

}  // namespace azureml::transfer
