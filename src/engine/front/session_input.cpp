#include "engine/front/session_state.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

#include <algorithm>
#include <limits>

namespace azureml::engine::front {

namespace {
constexpr std::size_t kBufferKept = 16 << 10;  ///< Of a connection between two requests.
}  // namespace

net::awaitable<void> Session::wait_for_request() {
  if (buffer_.size() > 0) co_return;
  if (buffer_.capacity() > kBufferKept) buffer_.shrink_to_fit();
  idle_ = true;
  stream_.expires_after(shared_->limits.idle_timeout);
  auto const space = buffer_.prepare(4096);
  auto const count = co_await stream_.async_read_some(space, net::use_awaitable);
  buffer_.commit(count);
  idle_ = false;
}

/// An error is returned when the peer sent something else than a header, thrown when it went away.
net::awaitable<error_code> Session::read_header() {
  idle_ = false;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(shared_->limits.header_max));
  // Each kind of route has its own limit. (Boost 1.74 takes "none" for less than any length.)
  parser_->body_limit(std::numeric_limits<std::uint64_t>::max());
  stream_.expires_after(shared_->limits.progress_timeout);
  error_code error;
  co_await http::async_read_header(stream_, buffer_, *parser_, net::redirect_error(net::use_awaitable, error));
  auto const malformed = error && error.category() == http::make_error_code(http::error::bad_target).category() &&
                         error != http::error::end_of_stream && error != http::error::partial_message;
  if (error && !malformed) throw system_error{error};
  co_return error;
}

RequestHead Session::take_head() {
  auto const& message = parser_->get();
  auto const text = [](beast::string_view view) { return std::string{view.data(), view.size()}; };
  RequestHead head{.method = text(message.method_string()), .target = text(message.target())};
  for (auto const& field : message) {
    auto const [at, added] = head.headers.try_emplace(text(field.name_string()), text(field.value()));
    if (!added) at->second += ", " + text(field.value());
  }
  chunked_ = parser_->chunked();
  chunks_done_ = parser_->is_done();
  remaining_ = chunked_ ? 0 : parser_->content_length().value_or(0);
  head.content_length = remaining_;
  keep_alive_ = message.keep_alive();
  head_only_ = message.method() == http::verb::head;
  auto const expect = head.headers.find("Expect");
  expects_continue_ = expect != head.headers.end() && message.version() >= 11;
  return head;
}

std::optional<ApiError> Session::fault_of_head(RequestHead const& head) const {
  auto const bad = [](int status, std::string message) {
    return ApiError{.status = status, .code = "BadRequest", .message = std::move(message)};
  };
  if (parser_->get().count(http::field::host) > 1) return bad(400, "The request has more than one Host header.");
  auto const coding = head.headers.find("Transfer-Encoding");
  if (coding != head.headers.end() && !beast::iequals(coding->second, "chunked"))
    return bad(501,
               "The transfer coding of the request is not supported; send the body with Content-Length or chunked.");
  auto const expect = head.headers.find("Expect");
  if (expect != head.headers.end() && !beast::iequals(expect->second, "100-continue"))
    return bad(417, "The request expects something else than 100-continue.");
  return std::nullopt;
}

net::awaitable<void> Session::send_continue() {
  if (!expects_continue_ || !body_unread()) co_return;
  expects_continue_ = false;
  co_await write("HTTP/1.1 100 Continue\r\n\r\n", {});
}

/// Fills `data` as far as the body goes; 0 is its end.
net::awaitable<std::size_t> Session::read_piece(char* data, std::size_t capacity) {
  std::size_t got = 0;
  while (!chunked_ && got < capacity && remaining_ > 0) {
    auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(capacity - got, remaining_));
    std::size_t count = 0;
    if (buffer_.size() > 0) {
      count = net::buffer_copy(net::buffer(data + got, wanted), buffer_.data());
      buffer_.consume(count);
    } else {
      stream_.expires_after(shared_->limits.progress_timeout);
      auto const space = net::buffer(data + got, wanted);
      count = co_await stream_.async_read_some(space, net::use_awaitable);
    }
    got += count;
    remaining_ -= count;
  }
  while (chunked_ && got < capacity && !parser_->is_done()) {
    auto& body = parser_->get().body();
    body.data = data + got;
    body.size = capacity - got;
    stream_.expires_after(shared_->limits.progress_timeout);
    error_code error;
    co_await http::async_read_some(stream_, buffer_, *parser_, net::redirect_error(net::use_awaitable, error));
    if (error && error != http::error::need_buffer) throw system_error{error};
    got = capacity - body.size;
    chunks_done_ = parser_->is_done();
  }
  co_return got;
}

/// Reads the body of a JSON request into the exchange; a reply when it is too large.
net::awaitable<std::optional<Reply>> Session::read_body(Exchange& exchange) {
  auto const limit = shared_->limits.json_body_max;
  ApiError const too_large{.status = 413,
                           .code = "RequestEntityTooLarge",
                           .message = "The body of the request is larger than " + std::to_string(limit) + " bytes."};
  if (remaining_ > limit) co_return shared_->dispatcher->error(exchange, too_large);
  if (!body_unread()) co_return std::nullopt;
  co_await send_continue();
  auto& body = exchange.request.body;
  while (body_unread()) {
    auto const size = body.size();
    // Grows with what has come, not with what was announced: an announcement costs the client nothing.
    auto const room =
        static_cast<std::size_t>(std::min<std::uint64_t>({kPiece, chunked_ ? kPiece : remaining_, limit + 1 - size}));
    body.resize(size + room);
    auto const got = co_await read_piece(body.data() + size, room);
    body.resize(size + got);
    if (body.size() > limit) co_return shared_->dispatcher->error(exchange, too_large);
  }
  exchange.request.content_length = body.size();
  co_return std::nullopt;
}

}  // namespace azureml::engine::front
