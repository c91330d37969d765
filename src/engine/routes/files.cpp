#include "engine/routes/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

namespace azureml::engine::routes {
namespace {

constexpr std::size_t kNameMax = 1024, kSegmentMax = 255;
constexpr std::size_t kDepthMax = 64;

/// Length of the UTF-8 sequence at the front; 0 when it is none (overlong forms and surrogates are none).
std::size_t sequence(std::string_view text) noexcept {
  auto const byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  auto const tail = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  auto const first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

std::string character_fault(std::string_view name) {
  for (std::size_t at = 0; at < name.size();) {
    auto const c = static_cast<unsigned char>(name[at]);
    if (c < 0x20 || c == 0x7f) return "it has a control character";
    if (c == '\\') return "it has a backslash";
    auto const length = sequence(name.substr(at));
    if (length == 0) return "it is not UTF-8";
    at += length;
  }
  return {};
}

base::UniqueFd open_at(int directory, std::string const& name, int flags) {
  for (;;) {
    int const fd = ::openat(directory, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 || errno != EINTR) return base::UniqueFd{fd};
  }
}

std::chrono::system_clock::time_point time_of(timespec const& time) {
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

/// Names of one directory in the order of the whole names: a folder counts with its slash.
std::vector<std::pair<std::string, bool>> sorted_entries(std::filesystem::path const& directory) {
  std::vector<std::pair<std::string, bool>> entries;
  std::error_code error;
  for (std::filesystem::directory_iterator it{directory, error}, end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    auto const kind = it->symlink_status(ignored).type();
    auto const name = it->path().filename().string();
    if (kind == std::filesystem::file_type::directory) entries.emplace_back(name + "/", true);
    if (kind == std::filesystem::file_type::regular) entries.emplace_back(name, false);
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

struct Walk {
  std::string const& prefix;
  std::string const& after;
  std::function<bool(std::string const&)> const& visit;

  bool directory(std::filesystem::path const& path, std::string const& name, std::size_t depth) const {
    if (depth > kDepthMax) return true;
    for (auto const& [entry, is_folder] : sorted_entries(path)) {
      auto const full = name + entry;
      auto const common = std::min(full.size(), prefix.size());
      if (full.compare(0, common, prefix, 0, common) != 0) continue;
      if (is_folder) {
        // All names in it begin with `full`: they come before `after` unless that one does too, or comes before.
        if (full.compare(0, full.size(), after, 0, full.size()) < 0) continue;
        if (!directory(path / entry, full, depth + 1)) return false;
      } else if (full.size() >= prefix.size() && full > after) {
        if (!visit(full)) return false;
      }
    }
    return true;
  }
};

}  // namespace

std::string name_fault(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kNameMax) return "it is longer than " + std::to_string(kNameMax) + " bytes";
  for (std::size_t begin = 0; begin <= name.size();) {
    auto const end = std::min(name.find('/', begin), name.size());
    auto const segment = name.substr(begin, end - begin);
    if (segment.empty()) return "it begins or ends with a slash, or has two in a row";
    if (segment == "." || segment == "..") return "it has a segment '" + std::string(segment) + "'";
    if (segment.size() > kSegmentMax) return "a segment of it is longer than " + std::to_string(kSegmentMax) + " bytes";
    begin = end + 1;
  }
  return character_fault(name);
}

bool is_container_name(std::string_view name) noexcept {
  auto const good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return name.size() >= 3 && name.size() <= 63 && name.front() != '-' && name.back() != '-' && std::all_of(name.begin(), name.end(), good) &&
         name.find("--") == name.npos;
}

std::optional<OpenedFile> open_beneath(std::filesystem::path const& root, std::string const& name) {
  auto directory = base::UniqueFd{::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  std::size_t begin = 0;
  for (auto slash = name.find('/'); directory && slash != name.npos; slash = name.find('/', begin)) {
    directory = open_at(directory.get(), name.substr(begin, slash - begin), O_PATH | O_DIRECTORY);
    begin = slash + 1;
  }
  if (!directory) return std::nullopt;
  // Not blocking: a pipe that a script left under this name must not hold the engine.
  auto file = open_at(directory.get(), name.substr(begin), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  OpenedFile opened{.file = std::make_shared<base::UniqueFd>(std::move(file)),
                    .size = static_cast<std::uint64_t>(status.st_size),
                    .modified = time_of(status.st_mtim)};
  char text[64];
  std::snprintf(text, sizeof text, "\"0x%llX%08lX%llX\"", static_cast<unsigned long long>(status.st_mtim.tv_sec),
                static_cast<unsigned long>(status.st_mtim.tv_nsec), static_cast<unsigned long long>(status.st_size ^ (status.st_ino << 20)));
  opened.etag = text;
  return opened;
}

void walk_files(std::filesystem::path const& root, std::string const& prefix, std::string const& after,
                std::function<bool(std::string const& name)> const& visit) {
  Walk{prefix, after, visit}.directory(root, {}, 0);
}

}  // namespace azureml::engine::routes
