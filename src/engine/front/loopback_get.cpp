#include "engine/front/loopback_get.hpp"

#include "base/unique_fd.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace azureml::engine::front {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

bool ready(int fd, short events, SteadyTime deadline) {
  pollfd waiting{.fd = fd, .events = events, .revents = 0};
  for (;;) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    auto const count = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (count > 0) return true;
    if (count == 0 || errno != EINTR) return false;
  }
}

base::UniqueFd connect_loopback(std::uint16_t port, SteadyTime deadline) {
  base::UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!fd) return {};
  if (::connect(fd.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0) return fd;
  if (errno != EINPROGRESS || !ready(fd.get(), POLLOUT, deadline)) return {};
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) return {};
  return fd;
}

}  // namespace

std::optional<std::string> loopback_get(std::uint16_t port, std::string const& target, std::string const& token,
                                        std::chrono::milliseconds timeout) {
  return loopback_request(port, {.target = target, .token = token, .timeout = timeout});
}

std::optional<std::string> loopback_request(std::uint16_t port, LoopbackRequest const& asked) {
  auto const deadline = std::chrono::steady_clock::now() + asked.timeout;
  auto const fd = connect_loopback(port, deadline);
  if (!fd) return std::nullopt;
  auto request = asked.method + " " + asked.target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\nConnection: close\r\n";
  if (asked.method != "GET") request += "Content-Length: 0\r\n";
  if (!asked.token.empty()) request += "Authorization: Bearer " + asked.token + "\r\n";
  request += "\r\n";
  // A request this small fits into the buffer of a fresh socket.
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    return std::nullopt;
  std::string answer;
  char scratch[4096];
  while (ready(fd.get(), POLLIN, deadline)) {
    auto const count = ::recv(fd.get(), scratch, sizeof scratch, 0);
    if (count < 0) return std::nullopt;
    if (count == 0) {
      auto const end = answer.find("\r\n\r\n");
      if (!answer.starts_with("HTTP/1.1 200 ") || end == std::string::npos) return std::nullopt;
      return answer.substr(end + 4);
    }
    answer.append(scratch, static_cast<std::size_t>(count));
    if (answer.size() > asked.answer_max) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace azureml::engine::front
