#include "engine/front/serve.hpp"

#include "base/unique_fd.hpp"
#include "engine/front/server.hpp"

#include <nlohmann/json.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace azureml::engine::front {

namespace {

/// Calls the engine's stop when a signal comes. Signals are read from a descriptor, so no handler runs in the middle of
/// anything.
class SignalWatch {
 public:
  SignalWatch() {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (int const number : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, number);
    if (::pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0)
      throw std::runtime_error("the engine cannot block signals");
    signal_.reset(::signalfd(-1, &signals, SFD_CLOEXEC));
    end_.reset(::eventfd(0, EFD_CLOEXEC));
    if (!signal_ || !end_)
      throw std::system_error(errno, std::generic_category(), "the engine cannot watch for signals");
  }
  ~SignalWatch() { end(); }
  SignalWatch(SignalWatch const&) = delete;
  SignalWatch& operator=(SignalWatch const&) = delete;

  void watch(Engine& engine) {
    thread_ = std::thread([this, &engine] {
      std::array<pollfd, 2> waiting{pollfd{signal_.get(), POLLIN, 0}, pollfd{end_.get(), POLLIN, 0}};
      while (::poll(waiting.data(), waiting.size(), -1) < 0 && errno == EINTR) {
      }
      if ((waiting[0].revents & POLLIN) != 0) engine.stop();
    });
  }
  /// No stop is called any more once this has returned.
  void end() noexcept {
    std::uint64_t const one = 1;
    (void)!::write(end_.get(), &one, sizeof one);
    if (thread_.joinable()) thread_.join();
  }

 private:
  base::UniqueFd signal_{}, end_{};
  std::thread thread_{};
};

/// As many connections as the engine may have need more descriptors than the usual soft limit.
void raise_descriptor_limit(std::size_t connections_max) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  auto const wanted = static_cast<rlim_t>(2 * connections_max + 512);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

void print_ready(Engine const& engine) {
  nlohmann::ordered_json const line{{"endpoint", engine.endpoint()},
                                    {"tls_endpoint", nullptr},
                                    {"ca_file", nullptr},
                                    {"token_file", engine.token_file().string()},
                                    {"pid", ::getpid()}};
  auto const text = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
  try {
    base::write_all(STDOUT_FILENO, text, "standard output");
  } catch (std::system_error const&) {
    // Whoever started it does not listen any more; it serves all the same.
  }
}

}  // namespace

int serve(ServeOptions const& options) {
  auto given = engine_options(options);
  SignalWatch signals;
  (void)std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit(given.limits.connections_max);
  Engine engine{std::move(given)};
  signals.watch(engine);
  print_ready(engine);
  engine.wait_until_idle_or_stopped();
  signals.end();
  return 0;
}

}  // namespace azureml::engine::front
