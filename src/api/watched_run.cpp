#include "api/watched_run.hpp"

#include "api/log_choice.hpp"
#include "core/make_error.hpp"
#include "transfer/transfer.hpp"

#include <algorithm>
#include <utility>

namespace azureml::api {

namespace {

using std::chrono::seconds;

/// Of one log in one look, so that no run keeps the others waiting.
constexpr std::size_t kBytesPerLook = 1 << 20;
/// One call may keep the others waiting so long: its own retries are within it.
constexpr seconds kCallTimeout{20};
/// A log that is refused so many times in a row, each time with a new address, is given up.
constexpr int kRefusalsMax = 8;
constexpr seconds kBackOffMax{60};
/// Without a server that says so, bytes may become visible a little after the status: look twice.
constexpr seconds kDrainPause{2};

struct EnoughRead {};  // ends a transfer whose further bytes are not wanted now

Context one_call(Context const& context) {
  return {.stop = context.stop, .timeout = kCallTimeout};
}

}  // namespace

void WatchedRun::look(std::optional<std::string> const& word, std::size_t room, Context const& context) {
  try {
    learn(word, context);
    bool const nothing_more = !queue_->wants_log() || read_logs(room, context);
    failures_ = 0;
    if (!details_.status.is_terminal()) return;
    if (!nothing_more)
      quiet_since_.reset();
    else if (is_drained(context)) {
      finished_ = true;
      queue_->put_finished(details_);
    }
  } catch (StoppedError const&) {
    if (context.stop.stop_requested()) throw;
    had_trouble(std::current_exception());
  } catch (Error const&) {
    had_trouble(std::current_exception());
  } catch (std::exception const& error) {
    had_trouble(std::make_exception_ptr(
        core::make_error<TransportError>("cannot watch run '" + record().id + "': " + error.what())));
  }
}

void WatchedRun::had_trouble(std::exception_ptr error) {
  queue_->put_trouble(std::move(error));
  stale_ = true;
  ++failures_;
  auto const back_off = std::min<seconds>(seconds(1LL << std::min(failures_, 6)), kBackOffMax);
  not_before_ = record().workspace->clock().steady_now() + back_off;
}

void WatchedRun::learn(std::optional<std::string> const& word, Context const& context) {
  bool const changed = !word || *word != details_.status.name();
  bool const waits_for_log = queue_->wants_log() && details_.log_files.empty();
  if (known_ && !stale_ && !changed && !waits_for_log && !details_.status.is_terminal()) return;
  auto details = fetch_details(record(), one_call(context));
  bool const is_news = !known_ || details.status != details_.status;
  details_ = std::move(details);
  known_ = true;
  stale_ = false;
  if (is_news) queue_->put_status(details_);
}

/// True when there was nothing (more) to read.
bool WatchedRun::read_logs(std::size_t room, Context const& context) {
  bool nothing = true;
  for (auto const& name : choose_logs(details_.log_files, false))
    if (!given_up_.contains(name)) nothing = read_log(name, room, context) && nothing;
  return nothing;
}

bool WatchedRun::read_log(std::string const& name, std::size_t& room, Context const& context) {
  auto budget = std::min(room, kBytesPerLook);
  if (budget == 0) return false;
  auto const begin = cursor_.position(name);
  auto position = begin;
  transfer::RangeResult result;
  try {
    result = transfer::read_from(
        record().workspace->connection.pipeline, details_.log_files.at(name), begin, {}, {},
        [&](std::string_view piece) {
          if (queue_->ended() || budget == 0) throw EnoughRead{};
          piece = piece.substr(0, budget);
          position += piece.size();
          budget -= piece.size();
          room -= piece.size();
          cursor_.set_position(name, position);
          queue_->put_log(piece, cursor_);
        },
        one_call(context));
  } catch (EnoughRead const&) {
    return false;
  }
  check(name, result.status, result.shrank);
  return position == begin && result.status != 403;
}

void WatchedRun::check(std::string const& name, int status, bool shrank) {
  auto const log = "log '" + name + "' of run '" + record().id + "'";
  if (shrank) {
    given_up_.insert(name);
    throw core::make_error<TransportError>(
        "cannot follow " + log + ": it is now shorter than the " + std::to_string(cursor_.position(name)) +
        " bytes read before; it is not followed further: follow it from its beginning, without a cursor");
  }
  if (status != 403) {
    refusals_ = 0;
    return;
  }
  stale_ = true;  // the signed address has expired: the next look asks for a new one
  if (++refusals_ == 1) return;
  if (refusals_ > kRefusalsMax) given_up_.insert(name);
  throw core::make_error<ServiceError>("cannot read " + log + ": the storage answered 403", {.status = 403});
}

bool WatchedRun::is_drained(Context const& context) {
  if (!queue_->wants_log()) return true;
  auto const& workspace = *record().workspace;
  if (workspace.discovery->get(workspace.connection, one_call(context)).follow_wait) return true;
  auto const now = workspace.clock().steady_now();
  if (!quiet_since_) quiet_since_ = now;
  return now - *quiet_since_ >= kDrainPause;
}

}  // namespace azureml::api
