#pragma once
#include "base/digest.hpp"
#include "transfer/download_answer.hpp"
#include "transfer/download_call.hpp"
#include "transfer/download_intervals.hpp"
#include "transfer/download_part.hpp"

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace azureml::transfer {

/// Sizes of what is asked for at once. Of a file that is interrupted, at most one block moves again: so much may be on
/// its way, and not be in the journal, on all its connections together.
inline constexpr std::uint64_t kBlock = 8 << 20;
inline constexpr std::uint64_t kFirstRange = 4 << 20;    ///< The server sums up no more than this.
inline constexpr std::uint64_t kCheckedRange = 1 << 20;  ///< Ranges that are only known to be sound as a whole.
inline constexpr std::uint64_t kUnit = 512 << 10;        ///< Of the journal.
inline constexpr int kConnections = 6, kCheckedConnections = 5;

/// Why a file has to begin anew.
struct BeginAnew : std::exception {
  enum class Reason { changed, rotten, no_ranges };
  explicit BeginAnew(Reason why) : reason(why) {}
  [[nodiscard]] char const* what() const noexcept override { return "the download begins anew"; }
  Reason reason;
};

/// One blob on its way down. Steps (`begin` once, `fetch` for what `take` gives) are for any thread, several at a time.
class BlobDownload {
 public:
  BlobDownload(DownloadCall& call, DownloadItem item, Place place);
  void begin(http::Deadline const& deadline);
  /// The next bytes to fetch; nothing when there are none at the moment.
  std::optional<ByteInterval> take();
  void fetch(ByteInterval interval, http::Deadline const& deadline);
  [[nodiscard]] bool is_done() const noexcept { return done_; }
  /// For the message of a failure: what a later call finds; empty when nothing.
  [[nodiscard]] std::string kept() const;

 private:
  struct Goal {
    ByteInterval bytes{};
    bool is_first = false;  ///< Nothing is known of the blob yet: `end` is only asked for.
    bool plain = false;     ///< Without a range.
  };
  class Sink;

  // Of one range.
  void get(Goal const& goal, http::Deadline const& deadline);
  http::Request request(std::shared_ptr<Sink> const& sink, std::string const& url) const;
  bool judge(http::Response const& response, Sink& sink, DownloadPatience& patience);
  bool is_empty_blob(http::Response const& response, Sink& sink);

  // What the sinks tell, of any thread.
  void identify(BlobAnswer const& answer, Goal const& goal);
  void write(std::uint64_t offset, std::string_view piece);
  void record(ByteInterval interval, std::uint64_t sum);
  void hash_on(std::uint64_t bytes, std::function<bool()> const& go_on);
  void length_is(std::uint64_t size);

  // Of the file.
  bool skip(http::Deadline const& deadline);
  bool has_same_md5(http::Deadline const& deadline);
  void resume(http::Deadline const& deadline);
  [[nodiscard]] Goal first_goal() const;
  void run(Goal const& goal, http::Deadline const& deadline);
  void attempt(Goal const& goal, http::Deadline const& deadline);
  bool leave();
  void conclude(http::Deadline const& deadline);
  void begin_anew(BeginAnew::Reason reason);
  void finish();
  void end_skipped();
  [[nodiscard]] bool is_sound(http::Deadline const& deadline);

  DownloadCall& call_;
  DownloadItem item_;
  Place place_;
  std::string what_;
  std::optional<PartFile> part_{};
  std::string if_none_match_{};
  bool no_ranges_ = false;
  int changes_ = 0, rots_ = 0, refusals_ = 0;

  mutable std::mutex mutex_{};  ///< Of what follows.
  bool known_ = false;
  std::optional<std::uint64_t> size_{};
  std::string etag_{}, md5_{};
  Intervals taken_{}, received_{};
  int under_way_ = 0;
  std::optional<BeginAnew::Reason> anew_{};

  std::mutex hash_mutex_{};  ///< Of what follows; locked before `mutex_`, when both are.
  base::Digest digest_ = base::Digest::md5();
  std::uint64_t hashed_ = 0;

  std::atomic<bool> stale_{false}, done_{false}, unchanged_{false};
  std::atomic<std::uint64_t> moved_{0};
};

}  // namespace azureml::transfer
