#include "transfer/download_place.hpp"

#include "base/digest.hpp"
#include "core/make_error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace azureml::transfer {

namespace {

constexpr std::size_t kFoldersMax = 128;  ///< Kept open.
constexpr char kPart[] = ".azureml-part", kJournal[] = ".journal";
constexpr int kOpenTries = 16;

int open_at(int folder, std::string const& name, int flags) {
  int fd = -1;
  do {
    fd = ::openat(folder, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0666);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

[[noreturn]] void throw_in_the_way(std::filesystem::path const& path) {
  throw core::make_error<FileError>("cannot download to '" + path.string() +
                                    "': it is a link or a file where a folder is needed; remove it or choose another "
                                    "destination");
}

}  // namespace

void throw_file_error(std::filesystem::path const& path, int error) {
  auto const* remedy =
      error == ENOSPC || error == EDQUOT ? "; free some space and download again" : "; choose another destination";
  throw core::make_error<FileError>("cannot write '" + path.string() + "': " + std::generic_category().message(error) +
                                    remedy);
}

Beneath::Beneath(std::filesystem::path const& directory) {
  auto const path = directory.empty() ? std::filesystem::path(".") : directory;
  try {
    std::filesystem::create_directories(path);
    root_ = std::make_shared<Folder>(Folder{base::open_file(path, O_RDONLY | O_DIRECTORY), directory});
  } catch (std::system_error const& error) {
    throw_file_error(path, error.code().value());
  }
}

Place Beneath::place(std::string_view name) {
  auto const slash = name.rfind('/');
  if (slash == std::string_view::npos) return {root_, std::string(name)};
  return {folder(name.substr(0, slash)), std::string(name.substr(slash + 1))};
}

std::shared_ptr<Folder const> Beneath::folder(std::string_view path) {
  {
    std::lock_guard const lock(mutex_);
    if (auto const found = known_.find(path); found != known_.end()) return found->second;
  }
  auto at = root_;
  for (std::size_t begin = 0; begin <= path.size();) {
    auto const end = std::min(path.find('/', begin), path.size());
    at = step(at, std::string(path.substr(begin, end - begin)));
    begin = end + 1;
  }
  std::lock_guard const lock(mutex_);
  if (known_.size() >= kFoldersMax) known_.clear();
  return known_.emplace(path, std::move(at)).first->second;
}

std::shared_ptr<Folder const> Beneath::step(std::shared_ptr<Folder const> const& folder, std::string const& name) {
  auto const path = folder->path / name;
  bool made = false;
  for (int i = 0; i < kOpenTries; ++i) {
    base::UniqueFd fd(open_at(folder->fd.get(), name, O_RDONLY | O_DIRECTORY));
    if (fd) {
      if (made) changed(folder);
      return std::make_shared<Folder>(Folder{std::move(fd), path});
    }
    if (errno == ELOOP || errno == ENOTDIR) throw_in_the_way(path);
    if (errno != ENOENT) throw_file_error(path, errno);
    made = ::mkdirat(folder->fd.get(), name.c_str(), 0777) == 0;
    if (!made && errno != EEXIST) throw_file_error(path, errno);
  }
  throw_in_the_way(path);
}

void Beneath::changed(std::shared_ptr<Folder const> const& folder) {
  bool many = false;
  {
    std::lock_guard const lock(mutex_);
    changed_.emplace(folder->path, folder);
    many = changed_.size() >= kFoldersMax;
  }
  if (many) sync();
}

void Beneath::sync() {
  decltype(changed_) folders;
  {
    std::lock_guard const lock(mutex_);
    folders.swap(changed_);
  }
  for (auto const& [path, folder] : folders)
    if (::fsync(folder->fd.get()) != 0 && errno != EINVAL) throw_file_error(path, errno);
}

std::string part_name(std::string_view name) {
  constexpr std::size_t kLong = 255 - 1 - (sizeof kPart - 1) - (sizeof kJournal - 1);
  if (name.size() <= kLong) return "." + std::string(name) + kPart;
  constexpr std::size_t kDigits = 32;
  auto cut = kLong - kDigits - 1;
  while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xC0U) == 0x80U) --cut;
  return "." + std::string(name.substr(0, cut)) + "~" + base::sha256_hex(name).substr(0, kDigits) + kPart;
}

std::string journal_name(std::string_view name) {
  return part_name(name) + kJournal;
}

bool is_name_of_downloads(std::string_view name) {
  if (name == kMemoryName) return true;
  if (!name.starts_with('.')) return false;
  if (name.ends_with(kJournal)) name.remove_suffix(sizeof kJournal - 1);
  return name.ends_with(kPart);
}

base::UniqueFd open_own(Folder const& folder, std::string const& name, int flags) {
  auto const path = folder.path / name;
  for (int i = 0; i < kOpenTries; ++i) {
    base::UniqueFd fd(open_at(folder.fd.get(), name, O_RDWR | flags));
    if (!fd && errno == ENOENT && (flags & O_CREAT) == 0) return {};
    if (!fd && errno != ELOOP && errno != ENXIO) throw_file_error(path, errno);
    if (fd) {
      struct stat status {};
      if (::fstat(fd.get(), &status) != 0) throw_file_error(path, errno);
      if (status.st_nlink == 0) continue;  // another download has just finished with it
      if (S_ISREG(status.st_mode) && status.st_nlink == 1 && status.st_uid == ::geteuid()) return fd;
    }
    if (::unlinkat(folder.fd.get(), name.c_str(), 0) != 0 && errno != ENOENT) throw_file_error(path, errno);
  }
  throw core::make_error<FileError>("cannot write '" + path.string() +
                                    "': somebody keeps replacing it; choose another destination");
}

}  // namespace azureml::transfer
