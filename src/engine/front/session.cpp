#include "engine/front/session.hpp"

#include "engine/front/bell.hpp"
#include "engine/front/offload.hpp"
#include "engine/front/piece.hpp"
#include "engine/front/session_state.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/http/error.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace azureml::engine::front {

namespace {

constexpr std::chrono::minutes kHoldMax{10};  ///< No request is held longer, whatever the handler says.

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
  UploadHolder(std::unique_ptr<routes::Upload> taken, net::thread_pool& disk_pool)
      : upload(std::move(taken)), disk(disk_pool) {}
  ~UploadHolder() {
    if (upload)
      net::post(disk, [held = std::shared_ptr<routes::Upload>(std::move(upload))]() mutable { held.reset(); });
  }
  UploadHolder(UploadHolder const&) = delete;
  UploadHolder& operator=(UploadHolder const&) = delete;
  std::unique_ptr<routes::Upload> upload;
  net::thread_pool& disk;
};

}  // namespace

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
    ApiError error{
        .status = 400, .code = "BadRequest", .message = "The request is not valid HTTP/1.1: " + failed.message() + "."};
    if (failed == http::error::header_limit) {
      error = {.status = 431,
               .code = "RequestHeaderFieldsTooLarge",
               .message = "The header of the request is larger than " + std::to_string(shared_->limits.header_max) +
                          " bytes."};
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
    reply = co_await hold(exchange, std::move(wait));
  }
  if (!reply.complete) co_return reply;
  DiskPost disk{shared_->disk};
  auto complete = [&]() -> std::optional<Reply> {
    try {
      auto const work = std::move(reply.complete);
      reply.complete = nullptr;
      work(reply);
      return std::nullopt;
    } catch (...) {
      return shared_->dispatcher->current_error(exchange);
    }
  };
  auto failure = co_await offload(disk, complete);
  co_return failure ? std::move(*failure) : std::move(reply);
}

net::awaitable<Reply> Session::handle_on_store(Exchange const& exchange) {
  auto work = [this, &exchange] { return shared_->dispatcher->handle(exchange); };
  co_return co_await offload(shared_->post_to_store, work);
}

net::awaitable<Reply> Session::take_upload(Exchange& exchange) {
  auto begin = [this, &exchange] { return shared_->dispatcher->begin_upload(exchange); };
  auto begun = co_await offload(shared_->post_to_store, begin);
  if (begun.refusal) co_return std::move(*begun.refusal);
  UploadHolder holder{std::move(begun.upload), shared_->disk};
  if (!holder.upload) {
    co_return shared_->dispatcher->error(
        exchange, {.status = 500, .code = "InternalError", .message = "The upload could not be begun."});
  }
  co_await send_continue();
  co_return co_await store_pieces(exchange, *holder.upload);
}

net::awaitable<Reply> Session::store_pieces(Exchange& exchange, routes::Upload& upload) {
  DiskPost disk{shared_->disk};
  auto const capacity = chunked_ ? kPiece : static_cast<std::size_t>(std::clamp<std::uint64_t>(remaining_, 1, kPiece));
  Piece const piece{capacity};  // Not touched before bytes come.
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
  bool more = false;
  auto work = [&]() -> std::optional<Reply> {
    try {
      more = upload.work();
      return std::nullopt;
    } catch (...) {
      return shared_->dispatcher->current_error(exchange);
    }
  };
  do {
    auto refusal = co_await offload(disk, work);
    if (refusal) co_return std::move(*refusal);
  } while (more);
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

/// Asks again after each publication until there is an answer or the time is up. Subscribes before it asks, so that
/// nothing published between the question and the wait is missed.
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
      co_return shared_->dispatcher->error(
          exchange, {.status = 500, .code = "ServiceError", .message = "The held request had no answer."});
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

/// Notices when the peer closes the connection of a held request. Bytes of a next request end the watch: then only the
/// time limit helps.
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

void start_session(net::ip::tcp::socket socket, std::shared_ptr<SessionShared> shared, std::shared_ptr<Loop> loop) {
  auto const session = std::make_shared<Session>(std::move(socket), std::move(shared), loop);
  net::co_spawn(
      loop->context, [session] { return session->run(); }, net::detached);
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
