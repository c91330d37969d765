#include "base/unique_fd.hpp"
#include "engine/runner/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>
#include <vector>

namespace azureml::engine::runner {
namespace {

constexpr int kDepthMax = 500;  // each level holds a descriptor

/// Opens a folder of `parent` unless another file system, or a part of this one, is mounted there.
base::UniqueFd open_folder(int parent, char const* name) {
  struct open_how how {};
  how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;
  base::UniqueFd folder(static_cast<int>(::syscall(SYS_openat2, parent, name, &how, sizeof how)));
  if (folder || (errno != ENOSYS && errno != EPERM)) return folder;
  folder.reset(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat outside {
  }, inside{};
  if (folder &&
      (::fstat(parent, &outside) != 0 || ::fstat(folder.get(), &inside) != 0 || outside.st_dev != inside.st_dev))
    folder.reset();
  return folder;
}

std::vector<std::string> names_in(int folder) {
  std::vector<std::string> names;
  int const copy = ::fcntl(folder, F_DUPFD_CLOEXEC, 0);
  std::unique_ptr<DIR, int (*)(DIR*)> const stream(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
  if (!stream) {
    if (copy >= 0) ::close(copy);
    return names;
  }
  while (auto const* entry = ::readdir(stream.get())) {
    std::string_view const name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

bool remove_at(int parent, char const* name, int depth) {
  if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return true;
  if (errno != EISDIR && errno != EPERM) return false;
  auto folder = open_folder(parent, name);
  if (!folder && errno == EACCES && ::fchmodat(parent, name, 0700, 0) == 0) folder = open_folder(parent, name);
  if (!folder || depth > kDepthMax) return false;
  struct stat info {};
  if (::fstat(folder.get(), &info) == 0 && (info.st_mode & 0700U) != 0700U) ::fchmod(folder.get(), 0700);
  bool empty = true;
  for (auto const& each : names_in(folder.get())) empty = remove_at(folder.get(), each.c_str(), depth + 1) && empty;
  return empty && (::unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT);
}

}  // namespace

bool remove_tree(std::filesystem::path const& path) noexcept {
  try {
    auto const plain = path.has_filename() ? path : path.parent_path();
    base::UniqueFd const parent(::open(plain.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!parent) return errno == ENOENT || errno == ENOTDIR;
    return remove_at(parent.get(), plain.filename().c_str(), 0);
  } catch (...) {
    return false;
  }
}

}  // namespace azureml::engine::runner
