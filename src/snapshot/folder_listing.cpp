#include "snapshot/folder_listing.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace azureml::snapshot {

namespace {
constexpr std::size_t kNamesMax = std::numeric_limits<std::uint32_t>::max() - 4096;
}  // namespace

int FolderListing::read(int folder, std::size_t entries_max) {
  alignas(::dirent64) char buffer[32 << 10];
  while (entries_.size() < entries_max && names_.size() < kNamesMax) {
    auto const got = ::getdents64(folder, buffer, sizeof buffer);
    if (got < 0) return errno;
    if (got == 0) break;
    for (ssize_t at = 0; at < got && entries_.size() < entries_max;) {
      auto const* const entry = reinterpret_cast<::dirent64 const*>(buffer + at);
      at += entry->d_reclen;
      add(folder, entry->d_name, entry->d_type);
    }
  }
  std::sort(entries_.begin(), entries_.end(), [this](auto const& a, auto const& b) { return before(a, b); });
  return 0;
}

void FolderListing::add(int folder, char const* name, unsigned char type) {
  if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) return;
  struct stat status {};
  if (type == DT_UNKNOWN && ::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0) type = IFTODT(status.st_mode);
  auto const size = std::strlen(name);
  entries_.push_back({static_cast<std::uint32_t>(names_.size()), static_cast<std::uint16_t>(size), type});
  names_.append(name, size + 1);
}

/// As if the name of a folder ended with a slash.
bool FolderListing::before(Entry const& a, Entry const& b) const noexcept {
  auto const shared = std::min(a.size, b.size);
  auto const difference = std::memcmp(names_.data() + a.at, names_.data() + b.at, shared);
  if (difference != 0) return difference < 0;
  auto const next = [&](Entry const& entry) -> unsigned char {
    if (entry.size == shared) return entry.type == DT_DIR ? '/' : 0;
    return static_cast<unsigned char>(names_[entry.at + shared]);
  };
  return next(a) < next(b);
}

bool FolderListing::has(std::string_view name) const noexcept {
  return std::any_of(entries_.begin(), entries_.end(), [&](auto const& entry) { return this->name(entry) == name; });
}

}  // namespace azureml::snapshot
