#include "engine/routes/staged_file.hpp"

#include "base/atomic_file.hpp"
#include "base/encoding.hpp"
#include "engine/routes/exchange.hpp"
#include "engine/routes/file_copy.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

namespace azureml::engine::routes {
namespace {

constexpr std::size_t kPiece = 256 << 10;
constexpr std::uint64_t kFlush = std::uint64_t{16} << 20;

[[noreturn]] void fail(int code, std::string const& what) {
  if (code == ENOSPC || code == EDQUOT) {
    throw ApiError{.status = 507, .code = "InsufficientStorage", .message = "The engine cannot store the blob: the disk is full."};
  }
  throw std::system_error(code, std::generic_category(), what);
}

ApiError name_conflict(std::string const& name) {
  return {.status = 409,
          .code = "BlobNameConflict",
          .message = "The blob '" + name + "' cannot be stored: a part of its name is a blob already, or it is the folder of other blobs."};
}

base::UniqueFd new_file(std::filesystem::path const& directory, std::filesystem::path& path) {
  auto name = (directory / "upload-XXXXXX").string();
  base::UniqueFd fd{::mkostemp(name.data(), O_CLOEXEC)};
  if (!fd && errno == ENOENT) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    name = (directory / "upload-XXXXXX").string();
    fd = base::UniqueFd{::mkostemp(name.data(), O_CLOEXEC)};
  }
  if (!fd) fail(errno, "cannot create a file in '" + directory.string() + "'");
  path = name;
  return fd;
}

}  // namespace

StagedFile::StagedFile(std::filesystem::path const& directory, StagedFileOptions options)
    : fd_(new_file(directory, path_)), options_(options) {
  if (options_.hashed) digest_ = base::Digest::md5();
}

StagedFile::~StagedFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void StagedFile::write(std::string_view piece) {
  try {
    base::write_all(fd_.get(), piece, path_.string());
  } catch (std::system_error const& error) {
    fail(error.code().value(), "cannot write to '" + path_.string() + "'");
  }
  if (digest_) digest_->update(piece);
  wrote(piece.size());
}

void StagedFile::wrote(std::uint64_t bytes) {
  size_ += bytes;
  if (!options_.durable || size_ - flushed_ < kFlush) return;
  // The disk begins at once, so that the end of a large blob does not wait for all of it.
  ::sync_file_range(fd_.get(), static_cast<off_t>(flushed_), static_cast<off_t>(size_ - flushed_), SYNC_FILE_RANGE_WRITE);
  flushed_ = size_;
}

std::uint64_t StagedFile::append(int source, std::uint64_t offset, std::uint64_t length) {
  if (!digest_) {
    try {
      auto const count = copy_piece(source, offset, fd_.get(), length);
      wrote(count);
      return count;
    } catch (std::system_error const& error) {
      fail(error.code().value(), "cannot copy a block to '" + path_.string() + "'");
    }
  }
  std::vector<char> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, length)));
  std::uint64_t done = 0;
  while (done < length) {
    auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), length - done));
    auto const count = ::pread(source, buffer.data(), wanted, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(errno, "cannot read a block");
    if (count == 0) break;
    write({buffer.data(), static_cast<std::size_t>(count)});
    done += static_cast<std::uint64_t>(count);
  }
  return done;
}

void StagedFile::sync() {
  if (::fsync(fd_.get()) != 0) fail(errno, "cannot write '" + path_.string() + "' to the disk");
  finish();
}

void StagedFile::finish() {
  if (digest_) md5_ = base::to_base64(digest_->finish());
}

void StagedFile::place(std::filesystem::path const& root, std::string const& name) {
  // Each folder is entered by its descriptor and never through a link: what lies in the root may be the work of a script.
  std::vector<base::UniqueFd> made;
  auto const enter = [&](int parent, std::string const& folder) {
    bool const is_new = ::mkdirat(parent, folder.c_str(), 0700) == 0;
    if (!is_new && errno == ENOTDIR) throw name_conflict(name);
    if (!is_new && errno != EEXIST) fail(errno, "cannot create the folder '" + folder + "' of '" + name + "'");
    base::UniqueFd entered{::openat(parent, folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!entered && (errno == ENOTDIR || errno == ELOOP)) throw name_conflict(name);
    if (!entered) fail(errno, "cannot open the folder '" + folder + "' of '" + name + "'");
    if (is_new) made.emplace_back(::fcntl(parent, F_DUPFD_CLOEXEC, 3));
    return entered;
  };
  auto const above = base::UniqueFd{::open(root.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!above) fail(errno, "cannot open the folder '" + root.parent_path().string() + "'");
  auto directory = enter(above.get(), root.filename().string());
  std::size_t begin = 0;
  for (auto slash = name.find('/'); slash != name.npos; slash = name.find('/', begin)) {
    directory = enter(directory.get(), name.substr(begin, slash - begin));
    begin = slash + 1;
  }
  if (::renameat(AT_FDCWD, path_.c_str(), directory.get(), name.substr(begin).c_str()) != 0) {
    if (errno == EISDIR || errno == ENOTDIR || errno == ENOTEMPTY || errno == EEXIST) throw name_conflict(name);
    fail(errno, "cannot put '" + name + "' in place");
  }
  path_.clear();
  if (::fsync(directory.get()) != 0) fail(errno, "cannot write the folder of '" + name + "' to the disk");
  for (auto const& each : made) ::fsync(each.get());
}

void StagedFile::move_to(std::filesystem::path const& target) {
  std::error_code error;
  std::filesystem::create_directories(target.parent_path(), error);
  if (error) fail(error.value(), "cannot create the folder '" + target.parent_path().string() + "'");
  if (::rename(path_.c_str(), target.c_str()) != 0) fail(errno, "cannot put '" + target.string() + "' in place");
  path_.clear();
}

}  // namespace azureml::engine::routes
