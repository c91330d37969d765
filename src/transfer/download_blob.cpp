#include "transfer/download_blob.hpp"

#include "base/encoding.hpp"
#include "core/make_error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>
#include <vector>

namespace azureml::transfer {

namespace {

constexpr int kChangesMax = 1, kRotsMax = 1, kRefusalsMax = 4;
constexpr std::uint64_t kHashedAtOnce = 8 << 20;
constexpr std::size_t kPiece = 256 << 10, kHashPiece = 64 << 10;
/// So much left to be summed up is worth being told.
constexpr std::uint64_t kWorthTelling = 32 << 20;

std::string what_of(DownloadOptions const& options, Place const& place) {
  if (options.what.empty()) return "download to '" + place.path().string() + "'";
  return options.what + " (to '" + place.path().string() + "')";
}

}  // namespace

BlobDownload::BlobDownload(DownloadCall& call, DownloadItem item, Place place)
    : call_(call),
      item_(std::move(item)),
      place_(std::move(place)),
      what_(what_of(call.options, place_)),
      under_way_(1) {}

void BlobDownload::begin(http::Deadline const& deadline) {
  call_.meter.begin_file(item_.target);
  if (skip(deadline)) return end_skipped();
  part_.emplace(place_);
  resume(deadline);
  if (!known_) return run(first_goal(), deadline);
  call_.has_work();
  if (leave()) conclude(deadline);
}

bool BlobDownload::skip(http::Deadline const& deadline) {
  struct stat status {};
  if (::fstatat(place_.folder->fd.get(), place_.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (S_ISDIR(status.st_mode)) throw_file_error(place_.path(), EISDIR);
  if (!call_.options.overwrite) return true;
  if (!S_ISREG(status.st_mode)) return false;
  bool const has_same_size = item_.size == static_cast<std::uint64_t>(status.st_size);
  if (has_same_size && !item_.md5.empty() && has_same_md5(deadline)) return true;
  if (!call_.memory || (item_.size && !has_same_size)) return false;
  auto const etag = call_.memory->etag_of(item_.blob, item_.target, status);
  if (etag.empty()) return false;
  if (!item_.etag.empty()) return is_same_etag(item_.etag, etag);
  if_none_match_ = etag;
  return false;
}

bool BlobDownload::has_same_md5(http::Deadline const& deadline) {
  base::UniqueFd const fd(
      ::openat(place_.folder->fd.get(), place_.name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return false;
  auto digest = base::Digest::md5();
  std::vector<char> buffer(kPiece);
  std::uint64_t size = 0;
  while (size <= *item_.size) {  // it may grow meanwhile
    deadline.check("comparing '" + place_.path().string() + "'");
    auto const got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0) return false;
    if (got == 0) break;
    digest.update({buffer.data(), static_cast<std::size_t>(got)});
    size += static_cast<std::uint64_t>(got);
  }
  return size == *item_.size && digest.finish() == item_.md5;
}

void BlobDownload::resume(http::Deadline const& deadline) {
  auto const head = part_->kept();
  if (!head || head->blob != item_.blob || head->etag.empty() || head->size == 0) return;
  if (!item_.etag.empty() && !is_same_etag(item_.etag, head->etag)) return;
  if (item_.size && *item_.size != head->size) return;
  if (!item_.md5.empty() && !head->md5.empty() && item_.md5 != head->md5) return;
  auto kept = part_->resume(*head, [&] { deadline.check("going on with '" + place_.path().string() + "'"); });
  // One byte is left to be asked for, so that the server says whether the blob is still the same.
  if (item_.etag.empty()) kept.remove_from(head->size - 1);
  auto const count = kept.count();
  if (count == 0) return;
  std::lock_guard const lock(mutex_);
  known_ = true;
  size_ = head->size;
  etag_ = head->etag;
  md5_ = head->md5.empty() ? item_.md5 : head->md5;
  taken_ = received_ = std::move(kept);
  call_.resumed += count;
  call_.meter.skip(count);
}

BlobDownload::Goal BlobDownload::first_goal() const {
  bool const is_small = item_.size && (*item_.size == 0 || (*item_.size <= kBlock && !item_.md5.empty()));
  return {.bytes = {0, kFirstRange}, .is_first = true, .plain = no_ranges_ || is_small};
}

std::optional<ByteInterval> BlobDownload::take() {
  std::lock_guard const lock(mutex_);
  if (!known_ || anew_ || done_ || !size_) return std::nullopt;
  bool const is_checked = md5_.empty();
  if (under_way_ >= (is_checked ? kCheckedConnections : kConnections)) return std::nullopt;
  auto const gap = taken_.first_gap(*size_, is_checked ? kCheckedRange : kBlock);
  if (!gap) return std::nullopt;
  taken_.add(*gap);
  ++under_way_;
  return gap;
}

void BlobDownload::fetch(ByteInterval interval, http::Deadline const& deadline) {
  run({.bytes = interval}, deadline);
}

void BlobDownload::run(Goal const& goal, http::Deadline const& deadline) {
  attempt(goal, deadline);
  if (leave()) conclude(deadline);
}

void BlobDownload::attempt(Goal const& goal, http::Deadline const& deadline) {
  try {
    get(goal, deadline);
  } catch (BeginAnew const& why) {
    std::lock_guard const lock(mutex_);
    if (!anew_) anew_ = why.reason;
    stale_ = true;
  }
}

bool BlobDownload::leave() {
  std::lock_guard const lock(mutex_);
  return --under_way_ == 0 && (anew_ || unchanged_ || !size_ || !taken_.first_gap(*size_, 1));
}

void BlobDownload::conclude(http::Deadline const& deadline) {
  while (true) {  // bounded by `begin_anew`
    if (unchanged_) return end_skipped();
    if (!anew_ && is_sound(deadline)) return finish();
    begin_anew(anew_.value_or(BeginAnew::Reason::rotten));
    attempt(first_goal(), deadline);
    if (!leave()) return;
  }
}

void BlobDownload::begin_anew(BeginAnew::Reason reason) {
  auto const fail = [this](std::string const& problem) {
    part_->discard();
    throw core::make_error<TransportError>("cannot " + what_ + ": " + problem, {.retryable = true});
  };
  {
    std::lock_guard const lock(hash_mutex_);
    digest_ = base::Digest::md5();
    hashed_ = 0;
  }
  std::lock_guard const lock(mutex_);
  switch (reason) {
    case BeginAnew::Reason::changed:
      if (++changes_ > kChangesMax)
        fail("the blob keeps changing while it comes; download it again when nobody writes to it");
      item_.size.reset();
      item_.md5.clear();
      item_.etag.clear();
      break;
    case BeginAnew::Reason::rotten:
      if (++rots_ > kRotsMax) fail("the bytes received are not those of the MD5 that the server gives; try again");
      break;
    case BeginAnew::Reason::no_ranges:
      if (++refusals_ > kRefusalsMax)
        fail("the connection is lost each time and the server does not give parts; try again");
      no_ranges_ = true;
      break;
  }
  call_.meter.move(-static_cast<std::int64_t>(moved_.exchange(0)));
  known_ = false;
  size_.reset();
  anew_.reset();
  stale_ = false;
  if_none_match_.clear();
  taken_.clear();
  received_.clear();
  under_way_ = 1;
}

void BlobDownload::identify(BlobAnswer const& answer, Goal const& goal) {
  {
    std::lock_guard const lock(mutex_);
    if (known_) {
      bool const has_other_etag = !answer.etag.empty() && !etag_.empty() && !is_same_etag(answer.etag, etag_);
      bool const has_other_size = answer.total && size_ && *answer.total != *size_;
      if (has_other_etag || has_other_size) throw BeginAnew(BeginAnew::Reason::changed);
      return;
    }
    bool const is_as_listed = item_.etag.empty() || answer.etag.empty() || is_same_etag(item_.etag, answer.etag);
    if (is_as_listed && item_.size && answer.total && *answer.total != *item_.size)
      throw core::make_error<TransportError>("cannot " + what_ + ": the server sends a file of " +
                                             std::to_string(*answer.total) + " bytes, but has listed one of " +
                                             std::to_string(*item_.size) + "; try again");
    size_ = answer.total || !is_as_listed ? answer.total : item_.size;
    etag_ = answer.etag;
    md5_ = answer.md5.empty() && is_as_listed ? item_.md5 : answer.md5;
    bool const is_large = size_ && *size_ > kBlock && !etag_.empty();
    part_->begin(size_, is_large ? std::optional(JournalHead{item_.blob, etag_, *size_, md5_}) : std::nullopt);
    auto const all = size_.value_or(std::numeric_limits<std::uint64_t>::max());
    taken_.add({0, answer.whole ? all : std::min(goal.bytes.end, all)});
    known_ = true;
    if (!call_.memory && call_.options.bytes == 0 && size_) call_.meter.set_totals(*size_, 1);
  }
  call_.has_work();
}

void BlobDownload::length_is(std::uint64_t size) {
  std::lock_guard const lock(mutex_);
  size_ = size;
}

void BlobDownload::write(std::uint64_t offset, std::string_view piece) {
  part_->write(offset, piece);
  moved_ += piece.size();
  call_.bytes += piece.size();
  call_.meter.move(static_cast<std::int64_t>(piece.size()));
  if (md5_.empty()) return;
  std::unique_lock const lock(hash_mutex_, std::try_to_lock);
  if (!lock || hashed_ != offset) return;
  digest_.update(piece);
  hashed_ += piece.size();
}

void BlobDownload::record(ByteInterval interval, std::uint64_t sum) {
  part_->record({interval.first, interval.end - interval.first, sum});
  {
    std::lock_guard const lock(mutex_);
    received_.add(interval);
  }
  if (md5_.empty()) return;
  std::unique_lock const lock(hash_mutex_, std::try_to_lock);
  if (lock) hash_on(kHashedAtOnce, [this] { return !stale_; });
}

/// With the hash's mutex held.
void BlobDownload::hash_on(std::uint64_t bytes, std::function<bool()> const& go_on) {
  std::uint64_t end = 0;
  {
    std::lock_guard const lock(mutex_);
    end = received_.front();
  }
  end = std::min(end, hashed_ + std::min(bytes, std::numeric_limits<std::uint64_t>::max() - hashed_));
  if (hashed_ >= end) return;
  std::array<char, kHashPiece> buffer;  // NOLINT: filled before it is read
  while (hashed_ < end && go_on()) {
    auto const want = std::min<std::uint64_t>(end - hashed_, buffer.size());
    auto const got = part_->read(hashed_, {buffer.data(), static_cast<std::size_t>(want)});
    if (got == 0) throw_file_error(place_.path(), EIO);
    digest_.update({buffer.data(), got});
    hashed_ += got;
  }
}

bool BlobDownload::is_sound(http::Deadline const& deadline) {
  auto const size = *size_;
  if (received_.front() != size)
    throw core::make_error<TransportError>("cannot " + what_ + ": " + std::to_string(received_.front()) +
                                           " bytes came instead of " + std::to_string(size) + "; try again");
  if (md5_.empty()) return true;
  std::lock_guard const lock(hash_mutex_);
  bool const takes_long = size - hashed_ > kWorthTelling;
  if (takes_long) call_.meter.set_phase(TransferPhase::verifying);
  hash_on(std::numeric_limits<std::uint64_t>::max(), [&] {
    deadline.check("verifying '" + place_.path().string() + "'");
    return true;
  });
  if (takes_long) call_.meter.set_phase(TransferPhase::downloading);
  return digest_.finish() == md5_;
}

void BlobDownload::finish() {
  if (!part_->commit(*size_, call_.options.overwrite)) return end_skipped();
  call_.beneath.changed(place_.folder);
  struct stat status {};
  if (call_.memory && item_.md5.empty() &&
      ::fstatat(place_.folder->fd.get(), place_.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
    call_.memory->completed(item_.blob, item_.target, etag_, status);
  ++call_.files;
  call_.add_path(place_.path());
  call_.meter.end_file();
  done_ = true;
}

void BlobDownload::end_skipped() {
  part_.reset();
  ++call_.skipped;
  call_.add_path(place_.path());
  if (item_.size) call_.meter.skip(*item_.size);
  call_.meter.end_file();
  done_ = true;
}

std::string BlobDownload::kept() const {
  if (done_ || !part_ || part_->kept_bytes() == 0) return {};
  return std::to_string(part_->kept_bytes()) + " bytes of '" + item_.target + "'";
}

}  // namespace azureml::transfer
