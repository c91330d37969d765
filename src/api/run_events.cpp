#include "api/run_events.hpp"

#include "api/states.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace azureml::api {

namespace {

constexpr std::size_t kEventsPerTask = 16;       ///< Then the executor's other tasks have their turn.
constexpr std::size_t kLogEventMax = 64 * 1024;  ///< Log text is put together up to here.
constexpr std::size_t kEventCost = 256;          ///< What an event costs beside its text.

template <class... Kinds>
struct Overloaded : Kinds... {
  using Kinds::operator()...;
};
template <class... Kinds>
Overloaded(Kinds...) -> Overloaded<Kinds...>;

}  // namespace

void Backlog::take(std::size_t bytes) {
  auto const before = bytes_.fetch_sub(bytes);
  if (before >= max_ && before - bytes < max_ && on_room_) on_room_();
}

RunEventQueue::~RunEventQueue() {
  for (auto const& event : waiting_) backlog_->take(cost(event));
}

std::size_t RunEventQueue::cost(Event const& event) {
  auto const* log = std::get_if<Log>(&event);
  return kEventCost + (log ? log->text.size() : 0);
}

template <class Kind>
void RunEventQueue::replace(Event event) {
  std::lock_guard const lock(mutex_);
  if (ended_) return;
  auto const old =
      std::find_if(waiting_.begin(), waiting_.end(), [](Event const& e) { return std::holds_alternative<Kind>(e); });
  if (old != waiting_.end())
    waiting_.erase(old);
  else
    backlog_->add(kEventCost);
  waiting_.push_back(std::move(event));
}

void RunEventQueue::put_status(RunDetails details) {
  if (wants_status_) replace<Status>(Status{std::move(details)});
}

void RunEventQueue::put_trouble(std::exception_ptr error) {
  if (wants_trouble_) replace<Trouble>(Trouble{std::move(error)});
}

void RunEventQueue::put_finished(RunDetails details) {
  if (wants_finished_) replace<Finished>(Finished{std::move(details)});
}

void RunEventQueue::put_log(std::string_view text, LogCursor const& cursor) {
  std::lock_guard const lock(mutex_);
  if (ended_) return;
  auto* last = waiting_.empty() ? nullptr : std::get_if<Log>(&waiting_.back());
  if (last && last->text.size() + text.size() <= kLogEventMax) {
    last->text += text;
    last->cursor = cursor;
    backlog_->add(text.size());
  } else {
    waiting_.emplace_back(Log{std::string(text), cursor});
    backlog_->add(kEventCost + text.size());
  }
}

void RunEventQueue::dispatch() {
  {
    std::lock_guard const lock(mutex_);
    if (ended_ || under_way_ || waiting_.empty()) return;
    under_way_ = true;
  }
  auto task = [self = shared_from_this()] { self->run_task(); };
  if (!executor_) return task();
  try {
    executor_(std::move(task));
  } catch (std::exception const& error) {
    detail::Access::state(run_).workspace->logger.warning(std::string("the monitor's executor has thrown: ") +
                                                          error.what());
    std::lock_guard const lock(mutex_);
    under_way_ = false;
  }
}

void RunEventQueue::run_task() {
  for (std::size_t taken = 0;; ++taken) {
    std::unique_lock lock(mutex_);
    bool const enough = executor_ && taken == kEventsPerTask;
    if (ended_ || waiting_.empty() || enough) {
      under_way_ = false;
      lock.unlock();
      if (enough) dispatch();
      return;
    }
    auto event = std::move(waiting_.front());
    waiting_.pop_front();
    auto const bytes = cost(event);  // before the callback takes the text
    calling_ = std::this_thread::get_id();
    lock.unlock();
    call(event);
    RunEvents forgotten;  // destroyed after the lock: a callback's captures may do anything
    lock.lock();
    calling_.reset();
    if (ended_) forgotten = std::exchange(events_, {});
    lock.unlock();
    idle_.notify_all();
    backlog_->take(bytes);
  }
}

void RunEventQueue::call(Event& event) noexcept {
  try {
    std::visit(Overloaded{[&](Status& status) { events_.on_status(run_, status.details); },
                          [&](Log& log) { events_.on_log(run_, std::move(log.text), std::move(log.cursor)); },
                          [&](Finished& finished) { events_.on_finished(run_, finished.details); },
                          [&](Trouble& trouble) {
                            try {
                              std::rethrow_exception(trouble.error);
                            } catch (Error const& error) {
                              events_.on_trouble(run_, error);
                            }
                          }},
               event);
  } catch (std::exception const& error) {
    try {
      detail::Access::state(run_).workspace->logger.warning("a callback for run '" + run_.id() +
                                                            "' has thrown: " + error.what());
    } catch (...) {  // nobody is left to be told
    }
  } catch (...) {
  }
}

void RunEventQueue::end() {
  RunEvents forgotten;
  std::deque<Event> dropped;
  {
    std::unique_lock lock(mutex_);
    ended_ = true;
    dropped.swap(waiting_);
    if (calling_ && *calling_ == std::this_thread::get_id()) {
      // from within the callback, whose captures must live until it returns
    } else {
      idle_.wait(lock, [this] { return !calling_; });
      forgotten = std::exchange(events_, {});
    }
  }
  for (auto const& event : dropped) backlog_->take(cost(event));
}

bool RunEventQueue::ended() const {
  std::lock_guard const lock(mutex_);
  return ended_;
}

bool RunEventQueue::empty() const {
  std::lock_guard const lock(mutex_);
  return waiting_.empty() && !under_way_;
}

}  // namespace azureml::api
