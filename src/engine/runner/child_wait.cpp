#include "engine/runner/child_wait.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace azureml::engine::runner {

ChildWait::ChildWait(RunPaths paths) : paths_(std::move(paths)) {
  sigset_t mask;
  ::sigemptyset(&mask);
  for (int const number : {SIGCHLD, SIGTERM, SIGUSR1}) ::sigaddset(&mask, number);
  for (int const number : {SIGHUP, SIGINT, SIGPIPE}) ::signal(number, SIG_IGN);
  if (::sigprocmask(SIG_BLOCK, &mask, nullptr) != 0) throw std::system_error(errno, std::generic_category(), "cannot block signals");
  signals_.reset(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) throw std::system_error(errno, std::generic_category(), "cannot make a signalfd");
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot become a child subreaper");
  // Without a watch (the system's limit) SIGUSR1, which comes with a cancel, has the file looked for.
  files_.add(
      paths_.root, [this](std::filesystem::path const& name, bool) { if (name == "cancel") look_for_cancel(); }, false);
  look_for_cancel();
  auto const home = paths_.root.parent_path().parent_path();
  std::error_code error;
  if (std::filesystem::exists(home / "engine.lock", error)) engine_.emplace(home, start_engine_apart);
}

bool ChildWait::look_for_cancel() {
  if (::access(paths_.cancel().c_str(), F_OK) != 0) return false;
  if (stop_ == Stop::none) stop_ = Stop::canceled;
  return true;
}

void ChildWait::check() {
  read_signals();
  files_.handle();
  if (stop_ != Stop::none) throw Interrupted{stop_};
}

void ChildWait::read_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGTERM && stop_ == Stop::none) stop_ = Stop::terminated;
    if (info.ssi_signo == SIGUSR1) look_for_cancel();
  }
}

std::optional<int> ChildWait::reap(pid_t child) {
  int status = 0;
  for (;;) {
    auto const pid = ::waitpid(-1, &status, WNOHANG);
    if (pid == child) return status;
    if (pid < 0 && errno == EINTR) continue;
    if (pid <= 0) return std::nullopt;
  }
}

int ChildWait::wait(pid_t child, std::optional<Time> deadline) {
  for (;;) {
    if (auto const status = reap(child)) return *status;
    if (stop_ != Stop::none) throw Interrupted{stop_};
    auto const now = std::chrono::steady_clock::now();
    if (deadline && now >= *deadline) {
      stop_ = Stop::timed_out;
      throw Interrupted{stop_};
    }
    auto due = deadline;
    if (chores_.next) {
      auto const next = chores_.next();
      if (next && *next <= now) {
        chores_.run(now);
        continue;
      }
      if (next && (!due || *next < *due)) due = next;
    }
    if (engine_) {
      if (engine_->due() && *engine_->due() <= now) engine_->handle(now);
      if (auto const next = engine_->due(); next && (!due || *next < *due)) due = next;
    }
    int timeout = -1;
    if (due) timeout = static_cast<int>(std::min<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(*due - now).count(), 3'600'000));
    // poll passes over descriptors that are -1.
    pollfd polls[4]{{signals_.get(), POLLIN, 0}, {files_.fd(), POLLIN, 0}, {engine_ ? engine_->engine_fd() : -1, POLLIN, 0}, {engine_ ? engine_->home_fd() : -1, POLLIN, 0}};
    if (::poll(polls, 4, timeout) < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "cannot wait for the script");
    read_signals();
    if ((polls[1].revents & POLLIN) != 0) files_.handle();
    if (((polls[2].revents | polls[3].revents) & POLLIN) != 0) engine_->handle(std::chrono::steady_clock::now());
  }
}

}  // namespace azureml::engine::runner
