#include "unit/front/raw_client.hpp"

#include "base/encoding.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace azureml::tests {

namespace {
constexpr int kPatience = 10'000;
}

RawClient::RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
    throw std::system_error(errno, std::generic_category(), "connect");
}

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // The peer has closed; what it said is read by the test.
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool RawClient::fill() {
  pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, kPatience) <= 0) throw std::runtime_error("nothing came from the server for ten seconds");
  char scratch[65536];
  auto const count = ::recv(fd_.get(), scratch, sizeof scratch, 0);
  if (count <= 0) return false;
  buffer_.append(scratch, static_cast<std::size_t>(count));
  return true;
}

std::optional<RawResponse> RawClient::read(bool without_body) {
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  RawResponse response;
  auto const head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  response.status = std::atoi(head.substr(9, 3).c_str());
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    auto const line_end = head.find("\r\n", at);
    auto const colon = head.find(": ", at);
    response.headers[base::to_lower_ascii(head.substr(at, colon - at))] = head.substr(colon + 2, line_end - colon - 2);
    at = line_end + 2;
  }
  if (without_body || !response.headers.contains("content-length")) return response;
  auto const length = std::stoull(response.headers["content-length"]);
  while (buffer_.size() < length) {
    if (!fill()) return std::nullopt;
  }
  response.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return response;
}

bool RawClient::closed_within(std::chrono::milliseconds time) {
  pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, static_cast<int>(time.count())) <= 0) return false;
  char byte = 0;
  return ::recv(fd_.get(), &byte, 1, MSG_PEEK) <= 0;
}

bool RawClient::silent_for(std::chrono::milliseconds time) {
  pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  return buffer_.empty() && ::poll(&waiting, 1, static_cast<int>(time.count())) == 0;
}

void RawClient::shut_down_sending() {
  ::shutdown(fd_.get(), SHUT_WR);
}

RawResponse ask(std::uint16_t port, std::string const& method, std::string const& target,
                std::string const& extra_headers, std::string const& body) {
  RawClient client{port};
  auto request = method + ' ' + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                 "\r\nConnection: close\r\n" + extra_headers;
  if (!body.empty() || method == "PUT" || method == "POST")
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  client.send(request + "\r\n" + body);
  auto response = client.read(method == "HEAD");
  if (!response) throw std::runtime_error("no answer to " + method + ' ' + target);
  return *response;
}

}  // namespace azureml::tests
