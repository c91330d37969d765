#include "engine/routes/staged_file.hpp"

#include "base/atomic_file.hpp"
#include "base/encoding.hpp"
#include "engine/routes/exchange.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

namespace azureml::engine::routes {
namespace {

constexpr std::size_t kPiece = 256 << 10;

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

StagedFile::StagedFile(std::filesystem::path const& directory) : fd_(new_file(directory, path_)), digest_(base::Digest::md5()) {}

StagedFile::~StagedFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void StagedFile::write(std::string_view piece) {
  try {
    base::write_all(fd_.get(), piece, path_.string());
  } catch (std::system_error const& error) {
    fail(error.code().value(), "cannot write to '" + path_.string() + "'");
  }
  digest_.update(piece);
  size_ += piece.size();
}

void StagedFile::append_file(std::filesystem::path const& path) {
  auto const source = base::open_file(path, O_RDONLY);
  std::vector<char> buffer(kPiece);
  for (;;) {
    auto const count = ::read(source.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(errno, "cannot read '" + path.string() + "'");
    if (count == 0) return;
    write({buffer.data(), static_cast<std::size_t>(count)});
  }
}

void StagedFile::sync() {
  if (::fsync(fd_.get()) != 0) fail(errno, "cannot write '" + path_.string() + "' to the disk");
  md5_ = base::to_base64(digest_.finish());
}

void StagedFile::place(std::filesystem::path const& root, std::string const& name) {
  auto directory = root;
  std::vector<std::filesystem::path> made;
  auto const enter = [&](std::filesystem::path const& next) {
    if (::mkdir(next.c_str(), 0700) == 0) {
      made.push_back(next.parent_path());
    } else if (errno == ENOTDIR) {
      throw name_conflict(name);
    } else if (errno != EEXIST) {
      fail(errno, "cannot create the folder '" + next.string() + "'");
    }
    directory = next;
  };
  enter(root);
  std::size_t begin = 0;
  for (auto slash = name.find('/'); slash != name.npos; slash = name.find('/', begin)) {
    enter(directory / name.substr(begin, slash - begin));
    begin = slash + 1;
  }
  auto const target = directory / name.substr(begin);
  if (::rename(path_.c_str(), target.c_str()) != 0) {
    if (errno == EISDIR || errno == ENOTDIR || errno == ENOTEMPTY || errno == EEXIST) throw name_conflict(name);
    fail(errno, "cannot put '" + target.string() + "' in place");
  }
  path_.clear();
  base::sync_directory(directory);
  for (auto const& each : made) base::sync_directory(each);
}

void StagedFile::move_to(std::filesystem::path const& target) {
  std::error_code error;
  std::filesystem::create_directories(target.parent_path(), error);
  if (::rename(path_.c_str(), target.c_str()) != 0) fail(errno, "cannot put '" + target.string() + "' in place");
  path_.clear();
}

}  // namespace azureml::engine::routes
