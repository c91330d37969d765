#include "cli/interrupt.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <csignal>
#include <cstdint>
#include <system_error>
#include <unistd.h>

namespace azureml::cli {

namespace {

sigset_t interrupts() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  auto const set = interrupts();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_.reset(signalfd(-1, &set, SFD_CLOEXEC));
  end_.reset(eventfd(0, EFD_CLOEXEC));
  if (!signals_ || !end_) throw std::system_error(errno, std::generic_category(), "cannot watch for Ctrl-C");
  thread_ = std::jthread([this] { wait(); });
}

Interrupt::~Interrupt() {
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const written = ::write(end_.get(), &one, sizeof one);
  if (thread_.joinable()) thread_.join();
  auto const set = interrupts();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Interrupt::wait() {
  pollfd watched[] = {{.fd = signals_.get(), .events = POLLIN, .revents = 0}, {.fd = end_.get(), .events = POLLIN, .revents = 0}};
  while (::poll(watched, 2, -1) < 0 && errno == EINTR) {
  }
  if (watched[1].revents != 0) return;
  signalfd_siginfo taken{};
  [[maybe_unused]] auto const size = ::read(signals_.get(), &taken, sizeof taken);
  auto const set = interrupts();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);  // here alone: the next one finds this thread and the default action
  source_.request_stop();
  while (::poll(&watched[1], 1, -1) < 0 && errno == EINTR) {
  }
}

}  // namespace azureml::cli
