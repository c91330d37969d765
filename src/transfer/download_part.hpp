#pragma once
#include "transfer/download_intervals.hpp"
#include "transfer/download_journal.hpp"
#include "transfer/download_place.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

namespace azureml::transfer {

/// What has come of a file so far, under a name of its own beside the target and locked against other downloads; of
/// large files with a journal, by which a later call goes on. Writing and recording are for any thread, the rest is for
/// one at a time.
class PartFile {
 public:
  /// @throws FileError also when another download holds it
  explicit PartFile(Place place);
  PartFile(PartFile const&) = delete;
  PartFile& operator=(PartFile const&) = delete;
  /// What is of no use to a later call is removed.
  ~PartFile();

  /// Which content an earlier call has left here.
  [[nodiscard]] std::optional<JournalHead> kept() const;
  /// Goes on with what is kept: the bytes that are on the disk as they were written. @param check is called every few
  /// MiB; what it throws comes through
  Intervals resume(JournalHead const& head, std::function<void()> const& check);
  /// Begins with nothing. @param size reserved when it is given @param head begins a journal
  void begin(std::optional<std::uint64_t> size, std::optional<JournalHead> const& head);
  void write(std::uint64_t offset, std::string_view piece);
  void record(JournalRecord const& record);
  std::size_t read(std::uint64_t offset, std::span<char> buffer) const;
  /// fsync and rename. False, with the part removed, when the target is there and is not to be replaced.
  bool commit(std::uint64_t size, bool replace);
  /// Nothing of this is kept.
  void discard() noexcept;
  /// Bytes that the journal tells of; 0 when nothing stays behind.
  [[nodiscard]] std::uint64_t kept_bytes() const noexcept { return recorded_; }
  [[nodiscard]] Place const& place() const noexcept { return place_; }

 private:
  void lock();
  void append(std::string const& line);
  void remove() noexcept;
  [[noreturn]] void fail(int error) const;

  Place place_;
  std::string part_, journal_;
  base::UniqueFd fd_{}, journal_fd_{};
  std::mutex mutex_{};  ///< Of the journal.
  std::atomic<std::uint64_t> recorded_{0};
  bool may_have_journal_ = false, there_ = false;
};

}  // namespace azureml::transfer
