#include "snapshot/stat_cache.hpp"

#include "base/encoding.hpp"
#include "base/unique_fd.hpp"
#include "snapshot/cache_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>
#include <system_error>

// The file: the head, an entry for each file by the bytes of the paths, the end. Numbers are 8 bytes, least significant
// first. The end holds the SHA-256 of all before it, so nothing is believed of a file that is cut or has changed.
namespace azureml::snapshot {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "azureml-cpp stat cache 1\n";
constexpr std::size_t kSum = std::tuple_size_v<Sha256>;
constexpr std::size_t kHead = kMagic.size() + kSum + 8;  ///< Magic, root, number of entries.
constexpr std::size_t kNumbers = 8;                      ///< Of an entry, beginning with the path's length.
constexpr std::size_t kEntry = kNumbers * 8 + kSum;      ///< And the path after it.
constexpr std::size_t kEnd = 8 + 3 * kSum;               ///< Time, content hash, tree hash, sum of all before.
constexpr std::size_t kPathMax = 1 << 16;
constexpr std::size_t kBuffer = 256 << 10;
constexpr std::uint64_t kFileMax = 512ULL << 20;
constexpr std::size_t kFoldersMax = 64;  ///< Remembered at a time.
/// The coarsest times of a file system in use (FAT), and more than the clocks of kernels and well-kept servers differ.
constexpr std::int64_t kGranularity = 2'000'000'000;

void put(std::string& to, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) to += static_cast<char>(number >> shift & 0xFF);
}

std::uint64_t number_at(char const* bytes) noexcept {
  std::uint64_t number = 0;
  for (int i = 7; i >= 0; --i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

/// Nanoseconds, wrapping: they are only compared.
std::uint64_t nanoseconds(std::int64_t seconds, std::int64_t part) noexcept {
  return static_cast<std::uint64_t>(seconds) * 1'000'000'000U + static_cast<std::uint64_t>(part);
}

std::uint64_t nanoseconds(StatCache::Time time) noexcept {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

bool is_old(std::uint64_t time, std::uint64_t hashed) noexcept {
  return static_cast<std::int64_t>(time) < static_cast<std::int64_t>(hashed) - kGranularity;
}

/// Reads a cache from its beginning, and sums up what it read.
class Input {
 public:
  explicit Input(fs::path const& file) : fd_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {
    struct stat status {};
    if (!fd_ || ::fstat(fd_.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != ::geteuid()) return;
    left_ = static_cast<std::uint64_t>(status.st_size);
    if (left_ > kFileMax) left_ = 0;
  }
  [[nodiscard]] std::uint64_t left() const noexcept { return left_ + (end_ - begin_); }

  /// The next bytes, which live until the next call; nullptr when there are not so many.
  char const* next(std::size_t count) {
    while (end_ - begin_ < count)
      if (!fill(count)) return nullptr;
    auto const* const bytes = buffer_.data() + begin_;
    begin_ += count;
    return bytes;
  }
  /// The sum of all that `next` has given.
  Sha256 sum() {
    add_used();
    return to_sha256(digest_.finish());
  }

 private:
  bool fill(std::size_t count) {
    if (left_ == 0) return false;
    add_used();
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = summed_ = 0;
    buffer_.resize(std::max(kBuffer, count));
    auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size() - end_, left_));
    auto const got = ::read(fd_.get(), buffer_.data() + end_, wanted);
    if (got <= 0) {
      left_ = 0;
      return false;
    }
    end_ += static_cast<std::size_t>(got);
    left_ -= static_cast<std::uint64_t>(got);
    return true;
  }
  void add_used() {
    digest_.update(std::string_view(buffer_).substr(summed_, begin_ - summed_));
    summed_ = begin_;
  }

  base::UniqueFd fd_;
  std::uint64_t left_ = 0;
  std::string buffer_{};
  std::size_t begin_ = 0, end_ = 0, summed_ = 0;
  base::Digest digest_ = base::Digest::sha256();
};

Sha256 sum_at(char const* bytes) noexcept {
  Sha256 sum{};
  std::copy_n(bytes, kSum, sum.begin());
  return sum;
}

/// What tells whether a file is the one of an entry: all but the path.
std::array<std::uint64_t, kNumbers - 1> numbers_of(File const& file) noexcept {
  auto const& id = file.identity;
  return {file.size,
          id.device,
          id.inode,
          nanoseconds(id.modified_seconds, id.modified_nanoseconds),
          nanoseconds(id.changed_seconds, id.changed_nanoseconds),
          id.size,
          id == FileIdentity{} ? 0U : 1U};
}

/// Which of the plan's files are those of the cache, as it is read.
class Matching {
 public:
  explicit Matching(Plan const& plan) : files_(plan.files) {
    remembered_.known.resize(files_.size());
    remembered_.sums.resize(files_.size());
  }

  /// Both are sorted, so one pass does. False when the entry cannot be: the cache is then as none.
  bool add(char const* entry, std::string_view path) {
    if (entries_ != 0 && path <= before_) return false;
    before_ = path;
    ++entries_;
    while (at_ < files_.size() && files_[at_].path < path) ++at_;
    if (at_ == files_.size() || files_[at_].path != path) return true;
    auto const numbers = numbers_of(files_[at_]);
    if (number_at(entry + 8) == numbers[0]) {
      ++same_size_;
      bool same = numbers.back() != 0;
      for (std::size_t i = 0; i < numbers.size(); ++i) same = same && number_at(entry + 8 * (i + 1)) == numbers[i];
      remembered_.known[at_] = same ? Known::yes : Known::doubtful;
      remembered_.sums[at_] = sum_at(entry + 8 * kNumbers);
    }
    ++at_;
    return true;
  }

  Remembered finish(char const* end) {
    auto const hashed = number_at(end);
    for (std::size_t i = 0; i < files_.size(); ++i) {
      auto const& id = files_[i].identity;
      bool const old = is_old(nanoseconds(id.modified_seconds, id.modified_nanoseconds), hashed) &&
                       is_old(nanoseconds(id.changed_seconds, id.changed_nanoseconds), hashed);
      if (remembered_.known[i] == Known::yes && !old) remembered_.known[i] = Known::doubtful;
    }
    remembered_.same_list = entries_ == files_.size() && same_size_ == files_.size();
    remembered_.content = sum_at(end + 8);
    remembered_.tree = sum_at(end + 8 + kSum);
    return std::move(remembered_);
  }

 private:
  std::vector<File> const& files_;
  Remembered remembered_{};
  std::size_t at_ = 0, entries_ = 0, same_size_ = 0;
  std::string before_{};
};

/// A temporary file beside the cache, renamed over it when it is whole. There is no fsync: what a power cut leaves of
/// it shows in its sum.
class Output {
 public:
  explicit Output(fs::path const& target) : target_(target), name_(target.string() + ".XXXXXX") {
    fd_.reset(::mkostemp(name_.data(), O_CLOEXEC));  // with mode 0600
    if (!fd_) throw std::system_error(errno, std::generic_category(), "cannot create a file");
  }
  Output(Output const&) = delete;
  Output& operator=(Output const&) = delete;
  ~Output() {
    if (!done_) ::unlink(name_.c_str());
  }
  std::string& text() noexcept { return text_; }
  void flush() {
    digest_.update(text_);
    base::write_all(fd_.get(), text_, name_);
    text_.clear();
  }
  void flush_full() {
    if (text_.size() >= kBuffer) flush();
  }
  void put_sum() {
    flush();
    text_ = digest_.finish();
    base::write_all(fd_.get(), text_, name_);
  }
  void commit() {
    if (::rename(name_.c_str(), target_.c_str()) != 0)
      throw std::system_error(errno, std::generic_category(), "cannot put the file in place");
    done_ = true;
  }

 private:
  fs::path const& target_;
  std::string name_, text_{};
  base::UniqueFd fd_{};
  base::Digest digest_ = base::Digest::sha256();
  bool done_ = false;
};

}  // namespace

StatCache::StatCache(fs::path const& directory, fs::path const& root, logging::Logger logger)
    : logger_(std::move(logger)) {
  if (directory.empty()) return;
  auto const folder = private_directory(directory / "snapshots", logger_);
  if (folder.empty()) return;
  root_ = to_sha256(base::sha256(root.string()));
  file_ = folder / base::to_hex({root_.data(), 16});
}

Remembered StatCache::read(Plan const& plan) const {
  if (!in_use()) return {};
  Input input(file_);
  if (input.left() < kHead + kEnd) return {};
  auto const* const head = input.next(kHead);
  if (!head || std::string_view(head, kMagic.size()) != kMagic || sum_at(head + kMagic.size()) != root_) return {};
  auto const count = number_at(head + kMagic.size() + kSum);
  Matching matching(plan);
  for (std::uint64_t i = 0; i < count; ++i) {
    auto const* const entry = input.next(kEntry);
    if (!entry) return {};
    std::array<char, kEntry> fixed{};  // the path may move the buffer
    std::copy_n(entry, kEntry, fixed.begin());
    auto const length = number_at(fixed.data());
    if (length == 0 || length > kPathMax) return {};
    auto const* const path = input.next(static_cast<std::size_t>(length));
    if (!path || !matching.add(fixed.data(), {path, static_cast<std::size_t>(length)})) return {};
  }
  auto const* const end = input.next(kEnd - kSum);
  if (!end) return {};
  auto remembered = matching.finish(end);
  auto const sum = input.sum();
  auto const* const written = input.next(kSum);
  if (!written || sum_at(written) != sum || input.left() != 0) return {};
  return remembered;
}

void StatCache::write(Plan const& plan, std::vector<Sha256> const& sums, Sha256 const& content, Sha256 const& tree,
                      Time hashed) const {
  if (!in_use()) return;
  try {
    std::uint64_t size = kHead + kEnd;
    for (auto const& file : plan.files) {
      if (file.path.size() > kPathMax || file.path.empty()) return;
      size += kEntry + file.path.size();
    }
    if (size > kFileMax) return;
    Output output(file_);
    auto& text = output.text();
    text.append(kMagic).append(root_.data(), kSum);
    put(text, plan.files.size());
    for (std::size_t i = 0; i < plan.files.size(); ++i) {
      put(text, plan.files[i].path.size());
      for (auto const number : numbers_of(plan.files[i])) put(text, number);
      text.append(sums[i].data(), kSum).append(plan.files[i].path);
      output.flush_full();
    }
    put(text, nanoseconds(hashed));
    text.append(content.data(), kSum).append(tree.data(), kSum);
    output.put_sum();
    output.commit();
    prune();
  } catch (std::bad_alloc const&) {
    throw;
  } catch (std::exception const& error) {
    logger_.debug("the hashes of '" + plan.root.string() + "' are not remembered: " + error.what());
  }
}

/// Forgets the folders that were not hashed for the longest time, and what writers left that did not come to their end.
void StatCache::prune() const {
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  std::error_code error;
  for (fs::directory_iterator entry(file_.parent_path(), error), end; !error && entry != end; entry.increment(error)) {
    auto const time = entry->last_write_time(error);
    if (!error) files.emplace_back(time, entry->path());
    error.clear();
  }
  if (files.size() <= kFoldersMax) return;
  std::sort(files.begin(), files.end());
  for (std::size_t i = 0; i + kFoldersMax < files.size(); ++i)
    if (files[i].second != file_) fs::remove(files[i].second, error);
}

}  // namespace azureml::snapshot
