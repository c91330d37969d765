#include "transfer/download_memory.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "transfer/content_range.hpp"
#include "transfer/download_journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace azureml::transfer {

namespace {

constexpr std::size_t kLineMax = 4 << 10;
constexpr std::size_t kEntriesMax = 1'000'000;
constexpr std::size_t kEtagMax = 500;

/// Names are long and many; a part of their hash is enough.
std::string key_of(std::string_view blob, std::string_view target) {
  auto hash = base::Digest::sha256();
  hash.update(blob).update(std::string_view("\0", 1)).update(target);
  return base::to_hex(hash.finish().substr(0, 16));
}

std::int64_t modified(struct stat const& file) {
  return std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000 + file.st_mtim.tv_nsec;
}

}  // namespace

DownloadMemory::DownloadMemory(std::shared_ptr<Folder const> root) : root_(std::move(root)) {
  if (!open(0)) return;
  read_lines(fd_.get(), kLineMax, [this](std::string_view line) {
    read(line);
    return entries_.size() < kEntriesMax;
  });
  try {
    base::write_all(fd_.get(), "\n", (root_->path / kMemoryName).string());  // the last line may be torn
  } catch (std::system_error const& error) {
    throw_file_error(root_->path / kMemoryName, error.code().value());
  }
}

DownloadMemory::~DownloadMemory() = default;

bool DownloadMemory::open(int flags) {
  if (fd_) return true;
  if (taken_) return false;
  fd_ = open_own(*root_, kMemoryName, flags | O_APPEND);
  if (fd_ && ::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    taken_ = true;
    fd_.reset();
  }
  return static_cast<bool>(fd_);
}

void DownloadMemory::read(std::string_view line) {
  auto const text = opened_line(line);
  if (!text) return;
  std::array<std::string_view, 4> fields{};
  auto rest = *text;
  for (auto& field : fields) {
    auto const end = std::min(rest.find(' '), rest.size());
    field = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  auto const size = parse_size(fields[1]), time = parse_size(fields[2]);
  auto etag = base::percent_decode(fields[3]);
  if (fields[0].size() != 32 || !size || !time || !etag || etag->empty()) return;
  entries_.insert_or_assign(std::string(fields[0]), Entry{*size, static_cast<std::int64_t>(*time), std::move(*etag)});
}

std::string DownloadMemory::etag_of(std::string_view blob, std::string_view target, struct stat const& file) const {
  if (entries_.empty()) return {};  // filled by the constructor only
  auto const found = entries_.find(key_of(blob, target));
  if (found == entries_.end()) return {};
  auto const& entry = found->second;
  bool const is_same = entry.size == static_cast<std::uint64_t>(file.st_size) && entry.modified == modified(file);
  return is_same ? entry.etag : std::string{};
}

void DownloadMemory::completed(std::string_view blob, std::string_view target, std::string const& etag,
                               struct stat const& file) {
  if (etag.empty() || etag.size() > kEtagMax || modified(file) < 0) return;
  std::lock_guard const lock(mutex_);
  if (!open(O_CREAT)) return;
  auto const line = sealed_line(key_of(blob, target) + " " + std::to_string(file.st_size) + " " +
                                std::to_string(modified(file)) + " " + base::percent_encode(etag));
  try {
    base::write_all(fd_.get(), line, (root_->path / kMemoryName).string());
  } catch (std::system_error const& error) {
    throw_file_error(root_->path / kMemoryName, error.code().value());
  }
}

void DownloadMemory::forget() noexcept {
  std::lock_guard const lock(mutex_);
  if (fd_) (void)::unlinkat(root_->fd.get(), kMemoryName, 0);
  fd_.reset();
}

}  // namespace azureml::transfer
