#include "engine/runner/run_manager.hpp"

#include "engine/runner/processes.hpp"
#include "engine/runner/run_manager_state.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace azureml::engine::runner {

RunManager::State::State(store::Home home_, RunnerOptions options_, store::StoreThread& store_, Notifier& notifier_, logging::Logger logger_)
    : home(std::move(home_)), options(std::move(options_)), store(store_), notifier(notifier_), logger(std::move(logger_)),
      wakeup(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), scheduler(make_capacity(options.cpus, options.gpus, options.memory)),
      worker([this](LostRun const& run, Salvaged result) { push(Lost{run.run_id, std::move(result)}); }) {
  if (!wakeup) throw std::system_error(errno, std::generic_category(), "cannot make an eventfd for the runs");
}

void RunManager::State::push(Command command) {
  {
    std::lock_guard lock{mutex};
    commands.push_back(std::move(command));
  }
  wake();
}

void RunManager::State::wake() const noexcept {
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const ignored = ::write(wakeup.get(), &one, sizeof one);
}

void RunManager::State::attach_all() {
  auto const jobs = store.call([](store::Store& database) { return database.unfinished_jobs(); });
  unfinished->fetch_add(jobs.size());
  for (auto const& job : jobs) {
    RunPaths const paths{home.run(job.name)};
    // Without a record no attempt has begun. Starting anew is safe: whichever supervisor comes first finds the same specification.
    JournalReader journal(paths.journal());
    bool begun = true;
    try {
      begun = !job.attempt_id.empty() && !journal.read().empty();
    } catch (std::exception const&) {
      // Judging says what is wrong with it.
    }
    if (begun) {
      occupy(job.name);
      attach(job.name, job.applied_seq, job.cancel_requested, 0);
    } else if (job.cancel_requested) {
      end_without_supervisor(job.name, {.status = "Canceled", .status_detail = ""});
    } else {
      enqueue(job.name, resources_or_default(job.properties), job.status == "Queued");
    }
  }
  if (!jobs.empty()) logger.info("attached to " + std::to_string(active.size()) + " runs, " + std::to_string(scheduler.waiting()) + " are waiting");
}

int RunManager::State::wait_timeout(Time now) const {
  std::optional<Time> next;
  for (auto const& [run_id, run] : active)
    if (run.judge_at && (!next || *run.judge_at < *next)) next = run.judge_at;
  if (!next) return -1;
  return static_cast<int>(std::clamp<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(*next - now).count(), 0, 60'000));
}

void RunManager::State::loop() {
  start_next();
  publish_logs();
  for (;;) {
    {
      std::lock_guard lock{mutex};
      if (ending) return;
    }
    std::vector<pollfd> polls{{wakeup.get(), POLLIN, 0}, {files.fd(), POLLIN, 0}};
    std::vector<std::string> owners;
    for (auto const& [run_id, run] : active) {
      if (!run.supervisor || run.supervisor_gone) continue;
      polls.push_back({run.supervisor.get(), POLLIN, 0});
      owners.push_back(run_id);
    }
    if (::poll(polls.data(), polls.size(), wait_timeout(std::chrono::steady_clock::now())) < 0 && errno != EINTR) {
      logger.error("waiting for the runs failed; they go on, but are not followed until the engine is started again");
      return;
    }
    try {
      std::uint64_t count = 0;
      if ((polls[0].revents & POLLIN) != 0) {
        [[maybe_unused]] auto const ignored = ::read(wakeup.get(), &count, sizeof count);
      }
      if ((polls[1].revents & POLLIN) != 0) files.handle();
      auto const now = std::chrono::steady_clock::now();
      for (std::size_t i = 0; i < owners.size(); ++i) {
        if (polls[i + 2].revents == 0) continue;
        auto& run = active.at(owners[i]);
        run.supervisor_gone = true;
        run.judge_at = now;
      }
      read_journals();
      run_commands();
      judge_due(std::chrono::steady_clock::now());
      start_next();
      publish_logs();  // last, because a start may have found logs already
    } catch (std::exception const& error) {
      logger.error(std::string("following the runs: ") + error.what());
    }
  }
}

void RunManager::State::run_commands() {
  std::deque<Command> taken;
  {
    std::lock_guard lock{mutex};
    taken.swap(commands);
  }
  for (auto const& command : taken) {
    try {
      std::visit([this](auto const& it) { handle(it); }, command);
    } catch (std::exception const& error) {
      logger.error(std::string("an order to a run failed: ") + error.what());
    }
  }
}

void RunManager::State::handle(Submitted const& command) {
  if (!enqueue(command.run_id, command.wanted)) unfinished->fetch_sub(1);  // counted already
}

void RunManager::State::handle(CancelRequested const& command) {
  if (auto const found = active.find(command.run_id); found != active.end()) {
    send_cancel(found->second);
    return;
  }
  bool waiting = false;
  {
    std::lock_guard lock{mutex};
    waiting = scheduler.remove(command.run_id);
  }
  if (waiting) end_without_supervisor(command.run_id, {.status = "Canceled", .status_detail = ""});
}

RunManager::RunManager(store::Home home, RunnerOptions options, store::StoreThread& store, Notifier& notifier, logging::Logger logger)
    : state_(std::make_unique<State>(std::move(home), std::move(options), store, notifier, std::move(logger))) {}

RunManager::~RunManager() {
  {
    std::lock_guard lock{state_->mutex};
    state_->ending = true;
  }
  state_->wake();
  if (state_->thread.joinable()) state_->thread.join();
}

void RunManager::start() {
  state_->attach_all();
  state_->thread = std::thread([state = state_.get()] { state->loop(); });
}

void RunManager::submitted(std::string const& run_id, Resources const& wanted) {
  state_->unfinished->fetch_add(1);
  state_->push(State::Submitted{run_id, wanted});
}

void RunManager::cancel_requested(std::string const& run_id) { state_->push(State::CancelRequested{run_id}); }

std::size_t RunManager::active() const { return state_->unfinished->load(); }

Capacity const& RunManager::capacity() const { return state_->scheduler.capacity(); }

std::pair<std::size_t, std::size_t> RunManager::queue_place(std::string const& run_id) const {
  std::lock_guard lock{state_->mutex};
  auto const place = state_->scheduler.place(run_id);
  return {place, place > 0 ? state_->scheduler.waiting() : 0};
}

}  // namespace azureml::engine::runner
