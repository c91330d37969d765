#include "support/cutting_proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <list>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace azureml::test {

namespace {

constexpr std::size_t kPiece = 64 << 10;

[[noreturn]] void fail(char const* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int new_socket() {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  return fd;
}

void no_delay(int fd) {
  int const on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool send_all(int fd, char const* data, std::size_t size) {
  while (size > 0) {
    auto const sent = ::send(fd, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

struct CuttingProxy::State {
  struct Flow {
    std::uint64_t passed = 0;
    std::optional<std::uint64_t> cut{}, flip{};  ///< Positions in `passed`.
  };
  struct Connection {
    int client = -1, server = -1;
    std::thread up{}, down{};
  };

  int server_port = 0, port = 0, listener = -1;
  mutable std::mutex mutex{};
  bool ending = false;
  int cuts = 0;
  Extent extent = Extent::all;
  std::array<Flow, 2> flows{};
  std::list<Connection> connections{};
  std::thread accepting{};

  Flow& flow(Direction direction) { return flows[direction == Direction::up ? 0 : 1]; }

  void accept_all() {
    while (true) {
      int const client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      std::lock_guard const lock(mutex);
      if (ending) {
        if (client >= 0) ::close(client);
        return;
      }
      if (client < 0) continue;
      int const server = new_socket();
      auto const address = loopback(server_port);
      if (::connect(server, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0) {
        ::close(client);
        ::close(server);
        continue;
      }
      no_delay(client);
      no_delay(server);
      auto& made = connections.emplace_back();
      made.client = client;
      made.server = server;
      made.up = std::thread([this, client, server] { copy(client, server, Direction::up); });
      made.down = std::thread([this, client, server] { copy(server, client, Direction::down); });
    }
  }

  void copy(int from, int to, Direction direction) {
    std::vector<char> piece(kPiece);
    while (true) {
      auto const got = ::recv(from, piece.data(), piece.size(), 0);
      if (got <= 0) break;
      if (!pass(from, to, piece.data(), static_cast<std::size_t>(got), direction)) break;
    }
    ::shutdown(to, SHUT_WR);
    ::shutdown(from, SHUT_RD);
  }

  /// False when the bytes met the cut.
  bool pass(int from, int to, char* data, std::size_t size, Direction direction) {
    bool cuts_here = false;
    {
      std::lock_guard const lock(mutex);
      auto& here = flow(direction);
      if (here.cut && *here.cut < here.passed + size) {
        size = static_cast<std::size_t>(*here.cut - here.passed);
        here.cut.reset();
        cuts_here = true;
      }
      if (here.flip && *here.flip < here.passed + size) {
        data[*here.flip - here.passed] ^= 1;
        here.flip.reset();
      }
      here.passed += size;
    }
    bool const sent = send_all(to, data, size);
    if (cuts_here) cut_now(from);
    return sent && !cuts_here;
  }

  /// A reset instead of an end: what is still on its way is lost. The descriptors stay until the proxy's end, so that no
  /// thread meets another's.
  void cut_now(int carrier) {
    std::lock_guard const lock(mutex);
    ++cuts;
    linger const at_once{.l_onoff = 1, .l_linger = 0};
    for (auto const& connection : connections) {
      if (extent == Extent::one && carrier != connection.client && carrier != connection.server) continue;
      for (int const fd : {connection.client, connection.server}) {
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        // Connecting to nothing ends a connection with a reset, and the descriptor remains.
        sockaddr const nothing{.sa_family = AF_UNSPEC, .sa_data = {}};
        ::connect(fd, &nothing, sizeof nothing);
        ::shutdown(fd, SHUT_RDWR);
      }
    }
  }
};

CuttingProxy::CuttingProxy(int server_port) : state_(std::make_unique<State>()) {
  state_->server_port = server_port;
  state_->listener = new_socket();
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(state_->listener, reinterpret_cast<sockaddr const*>(&address), size) != 0 || ::listen(state_->listener, 64) != 0 ||
      ::getsockname(state_->listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    fail("listen");
  state_->port = ntohs(address.sin_port);
  state_->accepting = std::thread([state = state_.get()] { state->accept_all(); });
}

CuttingProxy::~CuttingProxy() {
  {
    std::lock_guard const lock(state_->mutex);
    state_->ending = true;
    for (auto const& connection : state_->connections) {
      ::shutdown(connection.client, SHUT_RDWR);
      ::shutdown(connection.server, SHUT_RDWR);
    }
  }
  ::shutdown(state_->listener, SHUT_RDWR);
  state_->accepting.join();
  ::close(state_->listener);
  for (auto& connection : state_->connections) {
    connection.up.join();
    connection.down.join();
    ::close(connection.client);
    ::close(connection.server);
  }
}

int CuttingProxy::port() const {
  return state_->port;
}

std::string CuttingProxy::through(std::string const& url) const {
  auto const mark = ":" + std::to_string(state_->server_port);
  auto const at = url.find(mark);
  return at == std::string::npos ? url : url.substr(0, at) + ":" + std::to_string(state_->port) + url.substr(at + mark.size());
}

void CuttingProxy::cut(Direction direction, std::uint64_t after, Extent extent) {
  std::lock_guard const lock(state_->mutex);
  state_->extent = extent;
  auto& flow = state_->flow(direction);
  flow.cut = flow.passed + after;
}

void CuttingProxy::flip(Direction direction, std::uint64_t after) {
  std::lock_guard const lock(state_->mutex);
  auto& flow = state_->flow(direction);
  flow.flip = flow.passed + after;
}

bool CuttingProxy::forget() {
  std::lock_guard const lock(state_->mutex);
  bool any = false;
  for (auto& flow : state_->flows) {
    any = any || flow.cut || flow.flip;
    flow.cut.reset();
    flow.flip.reset();
  }
  return any;
}

std::uint64_t CuttingProxy::passed(Direction direction) const {
  std::lock_guard const lock(state_->mutex);
  return state_->flow(direction).passed;
}

int CuttingProxy::cuts() const {
  std::lock_guard const lock(state_->mutex);
  return state_->cuts;
}

}  // namespace azureml::test
