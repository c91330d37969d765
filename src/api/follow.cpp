#include "api/follow.hpp"

#include "api/polling.hpp"
#include "core/make_error.hpp"
#include "transfer/transfer.hpp"

#include <algorithm>

namespace azureml::api {

namespace {

using std::chrono::milliseconds;

/// A log may appear without a change of the status, so while there is none a held question is asked anew this often.
constexpr milliseconds kHoldBeforeLog{1000};
/// Without a server that holds requests, bytes may become visible a little after the status: look twice.
constexpr std::chrono::seconds kDrainPause{2};

class Follower {
 public:
  Follower(RunRecord const& run, FollowPlan const& plan, Context const& context)
      : run_(run), plan_(plan), deadline_(context, run.workspace->clock()), what_("following run '" + run.id + "'"),
        started_(run.workspace->clock().steady_now()), cursor_(plan.from) {}

  RunDetails run() {
    auto const discovery = run_.workspace->discovery->get(run_.workspace->connection, deadline_.next(what_));
    if (discovery.follow_wait && *discovery.follow_wait > milliseconds::zero()) hold_ = *discovery.follow_wait;
    see(fetch_details(run_, deadline_.next(what_)));
    for (;;) {
      if (details_.status.is_terminal() && !plan_.on_log) return details_;
      bool const got = read_logs(false);
      if (plan_.only_what_is_there || at_post_processing()) return details_;
      if (details_.status.is_terminal()) {
        drain();
        return details_;
      }
      next_round(got);
    }
  }

 private:
  void see(RunDetails details) {
    details_ = std::move(details);
    if (plan_.on_details) plan_.on_details(details_);
  }

  [[nodiscard]] bool at_post_processing() const {
    return plan_.until_finalizing && (details_.status == RunState::finalizing || details_.status == RunState::cancel_requested);
  }

  /// Waits for something new: held by the server on the last log, or on the status when there is no log, or by the clock.
  void next_round(bool got) {
    if (!hold_) {
      deadline_.wait(curve_.interval(run_.workspace->clock().steady_now() - started_), what_);
      see(fetch_details(run_, deadline_.next(what_)));
      return;
    }
    auto const logs = plan_.on_log ? chosen() : std::vector<std::string>{};
    if (!logs.empty()) {
      // One of several logs can be waited for; the others, and those to come, are looked at soon.
      bool const several = plan_.logs.all_ranks || plan_.logs.ranks.size() > 1 || plan_.logs.files.size() > 1;
      auto const result = read(logs.back(), several ? std::min(*hold_, kHoldBeforeLog) : *hold_);
      if (result.bytes > 0 && result.run_status == details_.status.name() && !several) return;  // more of the same log: no need for the record
      see(fetch_details(run_, deadline_.next(what_)));
      return;
    }
    auto const wait = plan_.on_log && !got ? std::min(*hold_, kHoldBeforeLog) : *hold_;
    see(fetch_details(run_, deadline_.next(what_), rest::Hold{.known_status = details_.status.name(), .wait = wait}));
  }

  [[nodiscard]] std::vector<std::string> chosen() const {
    return plan_.logs.any() ? choose_logs(details_.log_files, plan_.logs) : choose_logs(details_.log_files, plan_.with_steps);
  }

  /// Gives all bytes that are there now. True when there were any.
  bool read_logs(bool refresh) {
    if (!plan_.on_log) return false;
    if (refresh) see(fetch_details(run_, deadline_.next(what_)));
    bool any = false;
    auto const logs = chosen();
    for (auto const& name : logs)
      while (read(name, {}).bytes > 0) any = true;
    return any;
  }

  /// The run has ended: fresh addresses, and a read of each log that gives no byte.
  void drain() {
    if (!plan_.on_log) return;
    read_logs(true);
    if (hold_) return;
    deadline_.wait(kDrainPause, what_);
    read_logs(true);
  }

  transfer::RangeResult read(std::string const& name, std::optional<milliseconds> wait) {
    for (int attempt = 0;; ++attempt) {
      auto const url = details_.log_files.find(name);
      if (url == details_.log_files.end()) return {};
      auto offset = cursor_.position(name);
      auto const start = offset;
      auto const rank = rank_of_log(name);
      auto const result = transfer::read_from(
          run_.workspace->connection.pipeline, url->second, offset, wait, details_.status.name(),
          [&](std::string_view piece) {
            auto const begin = offset;
            offset += piece.size();
            cursor_.set_position(name, offset);  // before the call: should it throw, these bytes were given
            plan_.on_log({.text = piece, .file = name, .offset = begin, .rank = rank, .cursor = &cursor_});
          },
          deadline_.next(what_));
      if (result.status == 403 && attempt == 0 && offset == start) {  // the signed address has expired: once more with a new one
        see(fetch_details(run_, deadline_.next(what_)));
        continue;
      }
      check(name, result, offset);
      return result;
    }
  }

  void check(std::string const& name, transfer::RangeResult const& result, std::uint64_t offset) const {
    if (result.shrank)
      throw core::make_error<TransportError>("cannot follow log '" + name + "' of run '" + run_.id + "': it is now shorter than the " +
                                             std::to_string(offset) + " bytes read before; follow it from its beginning, without a cursor");
    if (result.status == 403)  // every other refusal is thrown by read_from itself
      throw core::make_error<ServiceError>("cannot read log '" + name + "' of run '" + run_.id + "': the storage answered 403", {.status = 403});
  }

  RunRecord const& run_;
  FollowPlan const& plan_;
  Deadline deadline_;
  std::string what_;
  std::chrono::steady_clock::time_point started_;
  PollingCurve curve_ = PollingCurve::from_environment();
  std::optional<milliseconds> hold_{};
  RunDetails details_{};
  LogCursor cursor_;  ///< Behind the bytes given so far.
};

}  // namespace

RunDetails follow(RunRecord const& run, FollowPlan const& plan, Context const& context) {
  return Follower(run, plan, context).run();
}

}  // namespace azureml::api
