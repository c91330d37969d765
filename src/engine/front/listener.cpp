#include "engine/front/listener.hpp"

#include "base/unique_fd.hpp"
#include "engine/front/response_head.hpp"
#include "engine/front/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <array>
#include <cerrno>
#include <future>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace azureml::engine::front {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

namespace {

constexpr int kBacklog = 512;
constexpr int kAcceptBurst = 64;  ///< Then the loop looks after its other connections.
constexpr std::chrono::milliseconds kNoDescriptorsPause{100};

std::system_error last_error(std::string const& what) {
  return {errno, std::generic_category(), what};
}

/// Close-on-exec from its first moment: a child that kept it would keep the port.
base::UniqueFd bind_loopback(std::uint16_t port) {
  base::UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd) throw last_error("cannot make a socket");
  int const on = 1;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
    throw last_error("cannot set up the listening socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
    throw last_error("cannot bind 127.0.0.1:" + std::to_string(port));
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    throw last_error("cannot read the port of a socket");
  return ntohs(address.sin_port);
}

/// Answers and closes at once; the few bytes fit into any socket's buffer.
void refuse_connection(int fd) {
  std::string const body =
      R"({"error":{"code":"ServerBusy","message":"The engine has as many connections as it may have; try again."}})";
  auto const text = format_head(503, {{"Retry-After", "1"}, {"Content-Type", "application/json; charset=utf-8"}},
                                body.size(), false) +
                    body;
  (void)::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  (void)::shutdown(fd, SHUT_WR);
  std::array<char, 4096> scratch;  // What has come already would turn the close into a reset.
  for (int i = 0; i < 16 && ::recv(fd, scratch.data(), scratch.size(), MSG_DONTWAIT) > 0; ++i) {
  }
}

}  // namespace

struct Listener::State : std::enable_shared_from_this<Listener::State> {
  State(std::uint16_t wanted_port, ServerLimits limits, logging::Logger logger)
      : shared(std::make_shared<SessionShared>(limits, std::move(logger))),
        socket(bind_loopback(wanted_port)),
        port(port_of(socket.get())) {
    for (auto& loop : loops) loop = std::make_shared<Loop>();
  }

  void run();
  net::awaitable<void> accept_all();
  /// True when the process has no descriptors left.
  bool accept_burst();
  void take(base::UniqueFd fd);
  void end(std::chrono::milliseconds grace);

  std::shared_ptr<SessionShared> shared;
  base::UniqueFd socket;
  std::uint16_t const port;
  std::array<std::shared_ptr<Loop>, 2> loops{};
  std::array<std::thread, 2> threads{};
  std::vector<net::executor_work_guard<net::io_context::executor_type>> guards{};
  std::optional<tcp::acceptor> acceptor{};  ///< Used on the first loop's thread.
  std::size_t next_loop = 0;
  bool running = false;
  std::mutex stop_mutex{};
};

void Listener::State::run() {
  if (::listen(socket.get(), kBacklog) != 0) throw last_error("cannot listen on 127.0.0.1:" + std::to_string(port));
  acceptor.emplace(loops[0]->context);
  acceptor->assign(tcp::v4(), socket.release());
  for (std::size_t i = 0; i < loops.size(); ++i) {
    guards.push_back(net::make_work_guard(loops[i]->context));
    threads[i] = std::thread([loop = loops[i], logger = shared->logger] {
      for (;;) {
        try {
          loop->context.run();
          return;
        } catch (std::exception const& fault) {
          logger.error(std::string{"an I/O thread caught: "} + fault.what());
        }
      }
    });
  }
  net::co_spawn(loops[0]->context, accept_all(), net::detached);
  running = true;
}

net::awaitable<void> Listener::State::accept_all() {
  net::steady_timer pause{loops[0]->context};
  error_code error;
  while (!shared->stopping && acceptor->is_open()) {
    co_await acceptor->async_wait(tcp::acceptor::wait_read, net::redirect_error(net::use_awaitable, error));
    if (error) co_return;
    if (accept_burst()) {
      shared->logger.warning(
          "no file descriptor is left for a new connection; raise the limit of open files (ulimit -n)");
      pause.expires_after(kNoDescriptorsPause);
      co_await pause.async_wait(net::redirect_error(net::use_awaitable, error));
    }
  }
}

bool Listener::State::accept_burst() {
  for (int i = 0; i < kAcceptBurst && acceptor->is_open(); ++i) {
    base::UniqueFd fd{::accept4(acceptor->native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (fd) {
      take(std::move(fd));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return true;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return false;
    }
  }
  return false;
}

void Listener::State::take(base::UniqueFd fd) {
  if (shared->connections >= shared->limits.connections_max) {
    refuse_connection(fd.get());
    return;
  }
  int const on = 1;
  (void)::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ++shared->connections;
  auto const loop = loops[next_loop++ % loops.size()];
  net::post(loop->context, [loop, held = shared, fd = std::move(fd)]() mutable {
    tcp::socket peer{loop->context};
    error_code error;
    peer.assign(tcp::v4(), fd.get(), error);
    if (error) {
      held->connection_ended();
      return;
    }
    (void)fd.release();
    start_session(std::move(peer), std::move(held), loop);
  });
}

void Listener::State::end(std::chrono::milliseconds grace) {
  std::lock_guard const stopping_once(stop_mutex);
  if (!running) return;
  running = false;
  shared->stopping = true;
  std::promise<void> closed;
  net::post(loops[0]->context, [this, &closed] {
    error_code ignored;
    acceptor->close(ignored);
    closed.set_value();
  });
  closed.get_future().wait();  // From here on no connection is added.
  for (auto const& loop : loops) net::post(loop->context, [loop] { wind_down(*loop); });
  {
    std::unique_lock lock(shared->mutex);
    if (!shared->none_left.wait_for(lock, grace, [&] { return shared->connections == 0; })) {
      for (auto const& loop : loops) net::post(loop->context, [loop] { close_all(*loop); });
      shared->none_left.wait(lock, [&] { return shared->connections == 0; });
    }
  }
  guards.clear();  // The loops end when the last handler has run.
  for (auto& thread : threads) thread.join();
  shared->disk.join();
  acceptor.reset();
}

Listener::Listener(std::uint16_t port, ServerLimits limits, logging::Logger logger)
    : state_(std::make_shared<State>(port, limits, std::move(logger))) {}

Listener::~Listener() {
  stop();
}

std::uint16_t Listener::port() const noexcept {
  return state_->port;
}

void Listener::start(Dispatcher const& dispatcher, runner::Notifier& notifier, PostToStore post) {
  state_->shared->dispatcher = &dispatcher;
  state_->shared->notifier = &notifier;
  state_->shared->post_to_store = std::move(post);
  state_->run();
}

void Listener::stop(std::chrono::milliseconds grace) noexcept {
  try {
    state_->end(grace);
  } catch (std::exception const& fault) {
    state_->shared->logger.error(std::string{"the listener did not stop in order: "} + fault.what());
  }
}

std::size_t Listener::connections() const noexcept {
  return state_->shared->connections;
}
std::size_t Listener::open_requests() const noexcept {
  return state_->shared->requests;
}
std::chrono::steady_clock::time_point Listener::last_request() const noexcept {
  return std::chrono::steady_clock::time_point{
      std::chrono::steady_clock::duration{state_->shared->last_request.load()}};
}

}  // namespace azureml::engine::front
