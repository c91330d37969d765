#include "engine/front/session.hpp"

#include "engine/front/offload.hpp"
#include "engine/front/response_head.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace azureml::engine::front {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using boost::system::system_error;
using routes::ApiError;
using routes::Reply;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kPiece = 256 << 10;                     ///< Of bodies, in both directions.
constexpr std::uint64_t kDrainMax = 64 << 10;                 ///< An unread body up to this size does not end the connection.
constexpr std::uint64_t kLingerBytes = 8 << 20;               ///< Read and thrown away so that a refusal reaches a client still sending.
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::chrono::minutes kHoldMax{10};                  ///< No request is held longer, whatever the handler says.
constexpr std::size_t kBufferKept = 16 << 10;                 ///< Of a connection between two requests.

using Parser = http::request_parser<http::buffer_body>;

/// Something a thread elsewhere may ring, also after the connection has ended.
class Bell {
 public:
  Bell(net::any_io_executor executor, std::function<void()> rung) : executor_(std::move(executor)), rung_(std::move(rung)) {}
  void ring() {
    std::lock_guard const lock(mutex_);
    if (closed_ || pending_) return;
    pending_ = true;
    net::post(executor_, [self = self_.lock()] { if (self) self->deliver(); });
  }
  void close() {
    std::lock_guard const lock(mutex_);
    closed_ = true;
  }
  static std::shared_ptr<Bell> make(net::any_io_executor executor, std::function<void()> rung) {
    auto bell = std::make_shared<Bell>(std::move(executor), std::move(rung));
    bell->self_ = bell;
    return bell;
  }

 private:
  void deliver() {
    {
      std::lock_guard const lock(mutex_);
      pending_ = false;
      if (closed_) return;
    }
    rung_();
  }
  std::mutex mutex_{};
  bool closed_ = false, pending_ = false;
  net::any_io_executor executor_;
  std::function<void()> rung_;
  std::weak_ptr<Bell> self_{};
};

struct BellCloser {
  std::shared_ptr<Bell> bell;
  ~BellCloser() { bell->close(); }
};

/// Counts a request as open, for the idle time and the status.
struct OpenRequest {
  explicit OpenRequest(SessionShared& owner) : shared(owner) {
    ++shared.requests;
    shared.touch();
  }
  ~OpenRequest() {
    shared.touch();
    --shared.requests;
  }
  OpenRequest(OpenRequest const&) = delete;
  OpenRequest& operator=(OpenRequest const&) = delete;
  SessionShared& shared;
};

/// An upload that ends, whichever way, on a disk thread: throwing away what came in unlinks files.
struct UploadHolder {
  UploadHolder(std::unique_ptr<routes::Upload> taken, net::thread_pool& disk_pool) : upload(std::move(taken)), disk(disk_pool) {}
  ~UploadHolder() {
    if (upload) net::post(disk, [held = std::shared_ptr<routes::Upload>(std::move(upload))]() mutable { held.reset(); });
  }
  UploadHolder(UploadHolder const&) = delete;
  UploadHolder& operator=(UploadHolder const&) = delete;
  std::unique_ptr<routes::Upload> upload;
  net::thread_pool& disk;
};

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

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(net::ip::tcp::socket socket, std::shared_ptr<SessionShared> shared, std::shared_ptr<Loop> loop)
      : stream_(std::move(socket)), timer_(stream_.get_executor()), buffer_(shared->limits.header_max + kPiece), shared_(std::move(shared)),
        loop_(std::move(loop)) {
    loop_->sessions.insert(this);
  }
  ~Session() {
    loop_->sessions.erase(this);
    error_code ignored;
    stream_.socket().close(ignored);
    shared_->connection_ended();
  }
  Session(Session const&) = delete;
  Session& operator=(Session const&) = delete;

  net::awaitable<void> run();
  void wind_down() {
    if (idle_) close();
    timer_.cancel();
  }
  void close() {
    error_code ignored;
    stream_.socket().close(ignored);
    gone_ = true;
    timer_.cancel();
  }

 private:
  struct DiskPost {
    net::thread_pool& pool;
    template <class F>
    void operator()(F task) {
      net::post(pool, std::move(task));
    }
  };

  net::awaitable<bool> serve_one();
  net::awaitable<void> wait_for_request();
  net::awaitable<error_code> read_header();
  net::awaitable<bool> refuse(Exchange& exchange, ApiError error);
  [[nodiscard]] RequestHead take_head();
  [[nodiscard]] std::optional<ApiError> fault_of_head(RequestHead const& head) const;
  net::awaitable<void> send_continue();
  net::awaitable<std::size_t> read_piece(char* data, std::size_t capacity);
  net::awaitable<std::optional<Reply>> read_body(Exchange& exchange);
  net::awaitable<Reply> answer(Exchange& exchange);
  net::awaitable<Reply> hold(Exchange& exchange, routes::WaitFor wait);
  net::awaitable<Reply> take_upload(Exchange& exchange);
  net::awaitable<Reply> store_pieces(Exchange& exchange, routes::Upload& upload);
  net::awaitable<void> sleep_until_rung(SteadyClock::time_point deadline);
  void watch_peer();
  net::awaitable<bool> send(Exchange& exchange, Reply& reply);
  net::awaitable<bool> send_file(Exchange& exchange, Reply& reply, bool keep_alive);
  net::awaitable<void> write(std::string_view first, std::string_view second);
  net::awaitable<bool> discard_unread_body(bool keep_alive);
  net::awaitable<void> linger();
  [[nodiscard]] bool body_unread() const { return chunked_ ? !chunks_done_ : remaining_ > 0; }
  net::awaitable<Reply> handle_on_store(Exchange const& exchange);

  beast::tcp_stream stream_;
  net::steady_timer timer_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_{};
  std::shared_ptr<SessionShared> shared_;
  std::shared_ptr<Loop> loop_;
  std::uint64_t remaining_ = 0;  ///< Of a body with Content-Length.
  bool chunked_ = false, chunks_done_ = false, expects_continue_ = false;
  bool keep_alive_ = false, head_only_ = false;
  bool idle_ = true, rung_ = false, gone_ = false;
};

net::awaitable<void> Session::run() {
  auto const self = shared_from_this();
  try {
    bool more = true;
    while (more && !shared_->stopping) more = co_await serve_one();
    if (!gone_) co_await linger();
  } catch (system_error const&) {
    // The peer went away, fell silent or the listener stops; nobody is left to be told.
  } catch (std::exception const& fault) {
    shared_->logger.error(std::string{"a connection ended by an internal fault: "} + fault.what());
  }
}

net::awaitable<bool> Session::serve_one() {
  co_await wait_for_request();
  auto const failed = co_await read_header();
  OpenRequest const open{*shared_};
  if (failed) {
    auto exchange = shared_->dispatcher->unrouted();
    ApiError error{.status = 400, .code = "BadRequest", .message = "The request is not valid HTTP/1.1: " + failed.message() + "."};
    if (failed == http::error::header_limit) {
      error = {.status = 431, .code = "RequestHeaderFieldsTooLarge",
               .message = "The header of the request is larger than " + std::to_string(shared_->limits.header_max) + " bytes."};
    }
    keep_alive_ = false;
    head_only_ = false;
    chunked_ = true;  // Whatever follows is unread.
    chunks_done_ = false;
    co_return co_await refuse(exchange, std::move(error));
  }
  auto head = take_head();
  if (auto fault = fault_of_head(head)) {
    auto exchange = shared_->dispatcher->unrouted();
    keep_alive_ = false;
    co_return co_await refuse(exchange, std::move(*fault));
  }
  auto exchange = shared_->dispatcher->admit(std::move(head));
  auto reply = co_await answer(exchange);
  co_return co_await send(exchange, reply);
}

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
    return bad(501, "The transfer coding of the request is not supported; send the body with Content-Length or chunked.");
  auto const expect = head.headers.find("Expect");
  if (expect != head.headers.end() && !beast::iequals(expect->second, "100-continue"))
    return bad(417, "The request expects something else than 100-continue.");
  return std::nullopt;
}

net::awaitable<bool> Session::refuse(Exchange& exchange, ApiError error) {
  auto reply = shared_->dispatcher->error(exchange, error);
  co_return co_await send(exchange, reply);
}

net::awaitable<Reply> Session::answer(Exchange& exchange) {
  if (exchange.refusal) co_return std::move(*exchange.refusal);
  if (exchange.operation->upload) co_return co_await take_upload(exchange);
  auto refusal = co_await read_body(exchange);
  if (refusal) co_return std::move(*refusal);
  auto reply = co_await handle_on_store(exchange);
  if (reply.wait) {
    auto wait = *reply.wait;
    co_return co_await hold(exchange, std::move(wait));
  }
  co_return reply;
}

net::awaitable<Reply> Session::handle_on_store(Exchange const& exchange) {
  auto work = [this, &exchange] { return shared_->dispatcher->handle(exchange); };
  co_return co_await offload(shared_->post_to_store, work);
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
  ApiError const too_large{.status = 413, .code = "RequestEntityTooLarge",
                           .message = "The body of the request is larger than " + std::to_string(limit) + " bytes."};
  if (remaining_ > limit) co_return shared_->dispatcher->error(exchange, too_large);
  if (!body_unread()) co_return std::nullopt;
  co_await send_continue();
  auto& body = exchange.request.body;
  while (body_unread()) {
    auto const size = body.size();
    // Grows with what has come, not with what was announced: an announcement costs the client nothing.
    auto const room = static_cast<std::size_t>(std::min<std::uint64_t>({kPiece, chunked_ ? kPiece : remaining_, limit + 1 - size}));
    body.resize(size + room);
    auto const got = co_await read_piece(body.data() + size, room);
    body.resize(size + got);
    if (body.size() > limit) co_return shared_->dispatcher->error(exchange, too_large);
  }
  exchange.request.content_length = body.size();
  co_return std::nullopt;
}

net::awaitable<Reply> Session::take_upload(Exchange& exchange) {
  auto begin = [this, &exchange] { return shared_->dispatcher->begin_upload(exchange); };
  auto begun = co_await offload(shared_->post_to_store, begin);
  if (begun.refusal) co_return std::move(*begun.refusal);
  UploadHolder holder{std::move(begun.upload), shared_->disk};
  if (!holder.upload) {
    co_return shared_->dispatcher->error(exchange, {.status = 500, .code = "InternalError", .message = "The upload could not be begun."});
  }
  co_await send_continue();
  co_return co_await store_pieces(exchange, *holder.upload);
}

net::awaitable<Reply> Session::store_pieces(Exchange& exchange, routes::Upload& upload) {
  DiskPost disk{shared_->disk};
  auto const capacity = chunked_ ? kPiece : static_cast<std::size_t>(std::clamp<std::uint64_t>(remaining_, 1, kPiece));
  std::unique_ptr<char[]> const piece{new char[capacity]};  // Not touched before bytes come.
  std::size_t got = 0;
  auto write_piece = [&]() -> std::optional<Reply> {
    try {
      upload.write({piece.get(), got});
      return std::nullopt;
    } catch (...) {
      return shared_->dispatcher->current_error(exchange);
    }
  };
  while (body_unread()) {
    got = co_await read_piece(piece.get(), capacity);
    if (got == 0) break;
    auto refusal = co_await offload(disk, write_piece);
    if (refusal) co_return std::move(*refusal);
  }
  auto sync = [&]() -> std::optional<Reply> {
    try {
      upload.sync();
      return std::nullopt;
    } catch (...) {
      return shared_->dispatcher->current_error(exchange);
    }
  };
  auto refusal = co_await offload(disk, sync);
  if (refusal) co_return std::move(*refusal);
  auto commit = [&] { return shared_->dispatcher->commit(exchange, upload); };
  co_return co_await offload(shared_->post_to_store, commit);
}

/// Asks again after each publication until there is an answer or the time is up. Subscribes before it asks, so that nothing published
/// between the question and the wait is missed.
net::awaitable<Reply> Session::hold(Exchange& exchange, routes::WaitFor wait) {
  auto const limit = std::min<std::chrono::milliseconds>(wait.timeout, kHoldMax);
  auto const deadline = SteadyClock::now() + limit;
  auto const bell = Bell::make(stream_.get_executor(), [weak = weak_from_this()] {
    if (auto const self = weak.lock()) {
      self->rung_ = true;
      self->timer_.cancel();
    }
  });
  BellCloser const closer{bell};
  auto subscription = shared_->notifier->subscribe(wait.topic, [bell] { bell->ring(); });
  watch_peer();
  for (;;) {
    rung_ = false;
    auto reply = co_await handle_on_store(exchange);
    if (gone_) throw system_error{net::error::connection_reset};
    if (!reply.wait) {
      error_code ignored;
      stream_.socket().cancel(ignored);  // Ends the watch on the peer.
      co_return reply;
    }
    if (exchange.request.waited) {
      shared_->logger.error("the handler of " + exchange.operation->name + " would wait again after its time was up");
      co_return shared_->dispatcher->error(exchange, {.status = 500, .code = "ServiceError", .message = "The held request had no answer."});
    }
    if (reply.wait->topic != wait.topic) {
      wait.topic = reply.wait->topic;
      subscription = shared_->notifier->subscribe(wait.topic, [bell] { bell->ring(); });
      continue;
    }
    co_await sleep_until_rung(deadline);
    if (gone_) throw system_error{net::error::connection_reset};
    exchange.request.waited = shared_->stopping || SteadyClock::now() >= deadline;
  }
}

net::awaitable<void> Session::sleep_until_rung(SteadyClock::time_point deadline) {
  if (rung_ || gone_ || shared_->stopping) co_return;
  timer_.expires_at(deadline);
  error_code ignored;
  co_await timer_.async_wait(net::redirect_error(net::use_awaitable, ignored));
}

/// Notices when the peer closes the connection of a held request. Bytes of a next request end the watch: then only the time limit helps.
void Session::watch_peer() {
  stream_.socket().async_wait(net::ip::tcp::socket::wait_read, [weak = weak_from_this()](error_code error) {
    auto const self = weak.lock();
    if (error || !self) return;
    char byte = 0;
    auto const count = ::recv(self->stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count > 0 || (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))) return;
    self->gone_ = true;
    self->timer_.cancel();
  });
}

net::awaitable<bool> Session::send(Exchange& exchange, Reply& reply) {
  shared_->dispatcher->finish(exchange, reply);
  // A body the client still holds back, or one too long to be thrown away, ends the connection: what follows could not be told from it.
  if (body_unread() && (expects_continue_ || chunked_ || remaining_ > kDrainMax)) keep_alive_ = false;
  auto const keep_alive = keep_alive_ && !shared_->stopping;
  if (reply.file && !head_only_ && !has_no_body(reply.status)) co_return co_await send_file(exchange, reply, keep_alive);
  std::optional<std::uint64_t> length = reply.file ? reply.file->length : reply.body.size();
  if (head_only_) {
    auto const given = reply.headers.find("Content-Length");
    if (given != reply.headers.end() && !given->second.empty() && given->second.find_first_not_of("0123456789") == std::string::npos &&
        given->second.size() < 19)
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
  std::unique_ptr<char[]> const piece{new char[capacity]};
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
        shared_->logger.error("request " + exchange.request_id + ": " + (fault.empty() ? "a file shrank while it was sent" : fault));
        if (done > 0) throw system_error{net::error::connection_aborted};
        reply = shared_->dispatcher->error(exchange, {.status = 500, .code = "InternalError", .message = "The file could not be read."});
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
    std::array<net::const_buffer, 2> const buffers{net::buffer(first.data(), first.size()), net::buffer(second.data(), second.size())};
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

/// Ends the connection from our side and reads for a moment what the peer is still sending: closing at once would reset the connection
/// and could take the answer away from a client that has not read it yet.
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

void start_session(net::ip::tcp::socket socket, std::shared_ptr<SessionShared> shared, std::shared_ptr<Loop> loop) {
  auto const session = std::make_shared<Session>(std::move(socket), std::move(shared), loop);
  net::co_spawn(loop->context, [session] { return session->run(); }, net::detached);
}

void wind_down(Loop& loop) {
  auto const sessions = loop.sessions;  // Closing may end some of them.
  for (auto* const session : sessions) {
    if (loop.sessions.contains(session)) session->wind_down();
  }
}

void close_all(Loop& loop) {
  auto const sessions = loop.sessions;
  for (auto* const session : sessions) {
    if (loop.sessions.contains(session)) session->close();
  }
}

}  // namespace azureml::engine::front
