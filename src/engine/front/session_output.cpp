#include "engine/front/offload.hpp"
#include "engine/front/piece.hpp"
#include "engine/front/response_head.hpp"
#include "engine/front/session_state.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace azureml::engine::front {

namespace {

constexpr std::uint64_t kDrainMax = 64 << 10;  ///< An unread body up to this size does not end the connection.
/// Read and thrown away so that a refusal reaches a client that is still sending.
constexpr std::uint64_t kLingerBytes = 8 << 20;
constexpr std::chrono::seconds kLingerTime{2};

/// Reads up to `capacity` bytes at `offset`; fewer only at the end of the file.
std::size_t read_at(int fd, char* data, std::size_t capacity, std::uint64_t offset) {
  std::size_t got = 0;
  while (got < capacity) {
    auto const count = ::pread(fd, data + got, capacity - got, static_cast<off_t>(offset + got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw std::system_error(errno, std::generic_category(), "cannot read the file of an answer");
    if (count == 0) break;
    got += static_cast<std::size_t>(count);
  }
  return got;
}

bool has_no_body(int status) {
  return status < 200 || status == 204 || status == 304;
}

}  // namespace

net::awaitable<bool> Session::send(Exchange& exchange, Reply& reply) {
  shared_->dispatcher->finish(exchange, reply);
  // A body the client still holds back, or one too long to be thrown away, ends the connection: what follows could not
  // be told from it.
  if (body_unread() && (expects_continue_ || chunked_ || remaining_ > kDrainMax)) keep_alive_ = false;
  auto const keep_alive = keep_alive_ && !shared_->stopping;
  if (reply.file && !head_only_ && !has_no_body(reply.status))
    co_return co_await send_file(exchange, reply, keep_alive);
  std::optional<std::uint64_t> length = reply.file ? reply.file->length : reply.body.size();
  if (head_only_) {
    auto const given = reply.headers.find("Content-Length");
    if (given != reply.headers.end() && !given->second.empty() &&
        given->second.find_first_not_of("0123456789") == std::string::npos && given->second.size() < 19)
      length = std::stoull(given->second);
  } else if (has_no_body(reply.status)) {
    length.reset();
  }
  auto const head = format_head(reply.status, reply.headers, length, keep_alive);
  auto const with_body = !head_only_ && length.has_value();
  co_await write(head, with_body ? std::string_view{reply.body} : std::string_view{});
  co_return co_await discard_unread_body(keep_alive);
}

net::awaitable<bool> Session::send_file(Exchange& exchange, Reply& reply, bool keep_alive) {
  DiskPost disk{shared_->disk};
  auto const range = *reply.file;
  auto const capacity = static_cast<std::size_t>(std::clamp<std::uint64_t>(range.length, 1, kPiece));
  Piece const piece{capacity};
  std::uint64_t done = 0;
  std::string fault;
  auto read_next = [&]() -> std::size_t {
    auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(capacity, range.length - done));
    try {
      return read_at(range.file->get(), piece.get(), wanted, range.offset + done);
    } catch (std::exception const& error) {
      fault = error.what();
      return 0;
    }
  };
  auto head = format_head(reply.status, reply.headers, range.length, keep_alive);
  do {
    std::size_t got = 0;
    if (range.length > 0) {
      got = co_await offload(disk, read_next);
      if (got == 0) {
        // The length was promised; only a broken connection tells the client that it will not come.
        shared_->logger.error("request " + exchange.request_id + ": " +
                              (fault.empty() ? "a file shrank while it was sent" : fault));
        if (done > 0) throw system_error{net::error::connection_aborted};
        reply = shared_->dispatcher->error(
            exchange, {.status = 500, .code = "InternalError", .message = "The file could not be read."});
        co_return co_await send(exchange, reply);
      }
    }
    co_await write(head, {piece.get(), got});
    head.clear();
    done += got;
  } while (done < range.length);
  co_return co_await discard_unread_body(keep_alive);
}

net::awaitable<void> Session::write(std::string_view first, std::string_view second) {
  while (!first.empty() || !second.empty()) {
    stream_.expires_after(shared_->limits.progress_timeout);
    std::array<net::const_buffer, 2> const buffers{net::buffer(first.data(), first.size()),
                                                   net::buffer(second.data(), second.size())};
    auto const count = co_await stream_.async_write_some(buffers, net::use_awaitable);
    auto const of_first = std::min(count, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(count - of_first);
  }
}

/// True when the connection is ready for another request.
net::awaitable<bool> Session::discard_unread_body(bool keep_alive) {
  if (!keep_alive) co_return false;
  std::array<char, 4096> scratch;
  while (body_unread()) {
    auto const got = co_await read_piece(scratch.data(), scratch.size());
    if (got == 0) break;
  }
  co_return true;
}

/// Ends the connection from our side and reads for a moment what the peer is still sending: closing at once would reset
/// the connection and could take the answer away from a client that has not read it yet.
net::awaitable<void> Session::linger() {
  error_code error;
  stream_.socket().shutdown(net::ip::tcp::socket::shutdown_send, error);
  if (error) co_return;
  stream_.expires_after(kLingerTime);  // For all of it.
  std::unique_ptr<char[]> const scratch{new char[16 << 10]};
  auto const space = net::buffer(scratch.get(), 16 << 10);
  for (std::uint64_t read = 0; read < kLingerBytes && !shared_->stopping;) {
    idle_ = true;
    read += co_await stream_.async_read_some(space, net::redirect_error(net::use_awaitable, error));
    if (error) co_return;
  }
}

}  // namespace azureml::engine::front
