#pragma once
#include "engine/front/session.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <optional>
#include <string>

namespace azureml::engine::front {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using boost::system::system_error;
using routes::ApiError;
using routes::Reply;
using SteadyClock = std::chrono::steady_clock;
using Parser = http::request_parser<http::buffer_body>;

inline constexpr std::size_t kPiece = 256 << 10;  ///< Of bodies, in both directions.

/// One connection, from its first byte to its last. Used on its loop's thread alone; the parts that read are in
/// session_input.cpp, those that write in session_output.cpp.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(net::ip::tcp::socket socket, std::shared_ptr<SessionShared> shared, std::shared_ptr<Loop> loop)
      : stream_(std::move(socket)),
        timer_(stream_.get_executor()),
        buffer_(shared->limits.header_max + kPiece),
        shared_(std::move(shared)),
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

}  // namespace azureml::engine::front
