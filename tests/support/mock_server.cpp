#include "support/mock_server.hpp"

#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <fcntl.h>
#include <strings.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <limits>
#include <list>
#include <mutex>
#include <thread>

namespace azureml::test {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using tcp = boost::asio::ip::tcp;

constexpr std::size_t kPiece = 256 << 10;

std::string decode(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      result += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      result += text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

std::multimap<std::string, std::string> parse_query(std::string_view query) {
  std::multimap<std::string, std::string> result;
  while (!query.empty()) {
    auto const pair = query.substr(0, query.find('&'));
    auto const equals = std::min(pair.find('='), pair.size());
    result.emplace(decode(pair.substr(0, equals)), decode(pair.substr(std::min(equals + 1, pair.size()))));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
  return result;
}

bool matches(std::string const& pattern, std::string const& text) {
  if (!pattern.empty() && pattern.back() == '*')
    return text.compare(0, pattern.size() - 1, pattern, 0, pattern.size() - 1) == 0;
  return pattern == text;
}

}  // namespace

bool IgnoringCase::operator()(std::string const& a, std::string const& b) const {
  return ::strcasecmp(a.c_str(), b.c_str()) < 0;
}

std::string MockRequest::header(std::string const& name) const {
  auto const found = headers.find(name);
  return found == headers.end() ? std::string{} : found->second;
}

std::string MockRequest::parameter(std::string const& name) const {
  auto const found = query.find(name);
  return found == query.end() ? std::string{} : found->second;
}

std::uint64_t body_sum(std::string_view bytes, std::uint64_t before) {
  for (char const c : bytes) before = (before ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return before;
}

MockReply json_reply(std::string body, int status) {
  return {.status = status, .headers = {{"Content-Type", "application/json; charset=utf-8"}}, .body = std::move(body)};
}

MockReply html_reply(int status) {
  return {.status = status,
          .headers = {{"Content-Type", "text/html"}},
          .body = "<html><body><h1>Bad Gateway</h1></body></html>\n"};
}

MockReply throttled(std::string retry_after, int status) {
  auto reply = json_reply(R"({"error":{"code":"TooManyRequests","message":"Slow down."}})", status);
  reply.headers["Retry-After"] = std::move(retry_after);
  return reply;
}

struct MockServer::State {
  struct Rule {
    std::string method{}, path{};
    Handler handler{};
    bool once = false;
  };

  boost::asio::io_context context{};
  tcp::acceptor acceptor{context};
  int port = 0;
  std::atomic<bool> ending{false};
  std::atomic<std::size_t> body_kept{8 << 20};

  mutable std::mutex mutex{};
  mutable std::condition_variable changed{};
  std::vector<Rule> rules{};
  struct Cut {
    std::string method{}, path{};
    std::uint64_t after = 0;
  };
  std::vector<Cut> cuts{};
  std::map<std::size_t, MockReply> faults{};  ///< By the number that the request has among all.
  int cut_uploads = 0;
  std::vector<MockRequest> requests{};
  std::vector<std::string> unexpected{};
  int connections = 0;
  bool released = false;

  struct Connection {
    explicit Connection(tcp::socket accepted) : socket(std::move(accepted)) {}
    tcp::socket socket;
    std::thread thread{};
    std::atomic<bool> over{false};
  };
  std::list<Connection> open{};
  std::thread accepting{};

  void accept_all();
  void serve(Connection& connection, int number);
  bool serve_one(Connection& connection, beast::flat_buffer& buffer, int number);
  MockReply answer(MockRequest const& request);
  std::optional<Cut> take_cut(MockRequest const& request);
  void reset(tcp::socket& socket);
  void wait_for_release();
  void wait(std::chrono::milliseconds delay);
  bool send(tcp::socket& socket, MockRequest const& request, MockReply const& reply);
};

void MockServer::State::accept_all() {
  while (!ending) {
    tcp::socket socket(context);
    boost::system::error_code code;
    acceptor.accept(socket, code);
    if (ending) return;
    if (code) continue;
    ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
    socket.set_option(tcp::no_delay(true), code);
    std::lock_guard const lock(mutex);
    for (auto it = open.begin(); it != open.end();) {
      if (it->over) {
        it->thread.join();
        it = open.erase(it);
      } else {
        ++it;
      }
    }
    auto& connection = open.emplace_back(std::move(socket));
    connection.thread = std::thread([this, &connection, number = ++connections] { serve(connection, number); });
  }
}

void MockServer::State::serve(Connection& connection, int number) {
  beast::flat_buffer buffer;
  try {
    while (!ending && serve_one(connection, buffer, number)) {
    }
  } catch (std::exception const&) {
    // The other end left, or the server is ending; both are everyday.
  }
  boost::system::error_code code;
  connection.socket.shutdown(tcp::socket::shutdown_both, code);
  {
    // The acceptor's thread and the destructor shut sockets down as well.
    std::lock_guard const lock(mutex);
    connection.socket.close(code);
  }
  connection.over = true;
}

bool MockServer::State::serve_one(Connection& connection, beast::flat_buffer& buffer, int number) {
  http::request_parser<http::buffer_body> parser;
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  http::read_header(connection.socket, buffer, parser);
  auto const& message = parser.get();
  MockRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  request.connection = number;
  for (auto const& field : message)
    request.headers.insert_or_assign(std::string(field.name_string()), std::string(field.value()));
  auto const question = request.target.find('?');
  request.path = request.target.substr(0, question);
  if (question != std::string::npos) request.query = parse_query(std::string_view(request.target).substr(question + 1));

  std::vector<char> piece(64 << 10);
  request.body_sum = body_sum({});
  auto const cut = take_cut(request);
  while (!parser.is_done()) {
    if (cut && request.body_size >= cut->after) {
      reset(connection.socket);
      return false;
    }
    auto const wanted = cut ? std::min<std::uint64_t>(piece.size(), cut->after - request.body_size) : piece.size();
    parser.get().body().data = piece.data();
    parser.get().body().size = static_cast<std::size_t>(wanted);
    boost::system::error_code code;
    http::read(connection.socket, buffer, parser, code);
    if (code && code != http::error::need_buffer) throw boost::system::system_error(code);
    std::string_view const got(piece.data(), static_cast<std::size_t>(wanted) - parser.get().body().size);
    request.body_size += got.size();
    request.body_sum = body_sum(got, request.body_sum);
    auto const kept = body_kept.load();
    request.body += got.substr(0, kept - std::min(kept, request.body.size()));
  }
  auto const reply = answer(request);
  if (reply.hold) wait_for_release();
  if (reply.delay > std::chrono::milliseconds::zero()) wait(reply.delay);
  return !ending && send(connection.socket, request, reply);
}

MockReply MockServer::State::answer(MockRequest const& request) {
  Handler handler;
  {
    std::lock_guard const lock(mutex);
    requests.push_back(request);
    changed.notify_all();
    if (auto const fault = faults.find(requests.size() - 1); fault != faults.end()) return fault->second;
    auto const fits = [&](Rule const& rule) {
      return (rule.method == "*" || rule.method == request.method) && matches(rule.path, request.path);
    };
    auto const single =
        std::find_if(rules.begin(), rules.end(), [&](Rule const& rule) { return rule.once && fits(rule); });
    if (single != rules.end()) {
      handler = single->handler;
      rules.erase(single);
    } else if (auto const found = std::find_if(rules.rbegin(), rules.rend(), fits); found != rules.rend()) {
      handler = found->handler;
    } else {
      unexpected.push_back(request.method + " " + request.target);
    }
  }
  if (!handler)
    return json_reply(R"({"error":{"code":"NotImplemented","message":"no rule of the mocked server"}})", 501);
  return handler(request);
}

std::optional<MockServer::State::Cut> MockServer::State::take_cut(MockRequest const& request) {
  std::lock_guard const lock(mutex);
  auto const found = std::find_if(cuts.begin(), cuts.end(), [&](Cut const& cut) {
    return (cut.method == "*" || cut.method == request.method) && matches(cut.path, request.path);
  });
  if (found == cuts.end()) return {};
  auto const cut = *found;
  cuts.erase(found);
  return cut;
}

void MockServer::State::reset(tcp::socket& socket) {
  boost::system::error_code code;
  socket.set_option(boost::asio::socket_base::linger(true, 0), code);
  std::lock_guard const lock(mutex);
  ++cut_uploads;
  socket.close(code);
}

void MockServer::State::wait(std::chrono::milliseconds delay) {
  std::unique_lock lock(mutex);
  changed.wait_for(lock, delay, [this] { return ending.load(); });
}

void MockServer::State::wait_for_release() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [this] { return released || ending; });
}

bool MockServer::State::send(tcp::socket& socket, MockRequest const& request, MockReply const& reply) {
  auto const end_by_reset = [&] {
    boost::system::error_code code;
    socket.set_option(boost::asio::socket_base::linger(true, 0), code);
    std::lock_guard const lock(mutex);
    socket.close(code);
    return false;
  };
  if (reply.no_answer) return false;
  if (!reply.raw.empty()) {
    boost::asio::write(socket, boost::asio::buffer(reply.raw));
    return false;
  }
  std::uint64_t const size = reply.streamed > 0 ? reply.streamed : reply.body.size();
  if (reply.reset && size == 0 && !reply.cut_after) return end_by_reset();
  bool const bodyless = request.method == "HEAD" || reply.status == 204 || reply.status == 304;

  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " " +
                     std::string(http::obsolete_reason(static_cast<http::status>(reply.status))) + "\r\n";
  for (auto const& [name, value] : reply.headers) head.append(name).append(": ").append(value).append("\r\n");
  if (reply.chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (!reply.without_length && !reply.headers.contains("Content-Length") && reply.status != 204) {
    head += "Content-Length: " + std::to_string(reply.declared.value_or(size)) + "\r\n";
  }
  boost::asio::write(socket, boost::asio::buffer(head + "\r\n"));
  if (bodyless) return !reply.close;

  auto const until = std::min(size, reply.cut_after.value_or(size));
  std::string piece;
  for (std::uint64_t at = 0; at < until; at += piece.size()) {
    auto const count = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, until - at));
    if (reply.streamed > 0) {
      piece.resize(count);
      for (std::size_t i = 0; i < count; ++i) piece[i] = stream_byte(at + i);
    } else {
      piece = reply.body.substr(at, count);
    }
    if (reply.chunked) {
      std::array<char, 20> length{};
      std::snprintf(length.data(), length.size(), "%zx\r\n", count);
      boost::asio::write(socket, boost::asio::buffer(std::string(length.data()) + piece + "\r\n"));
    } else {
      boost::asio::write(socket, boost::asio::buffer(piece));
    }
  }
  if (reply.cut_after) return reply.reset ? end_by_reset() : false;
  if (reply.chunked) boost::asio::write(socket, boost::asio::buffer("0\r\n\r\n", 5));
  return !(reply.close || reply.without_length || reply.declared || reply.reset);
}

MockServer::MockServer() : state_(std::make_shared<State>()) {
  tcp::endpoint const endpoint(boost::asio::ip::make_address("127.0.0.1"), 0);
  state_->acceptor.open(endpoint.protocol());
  ::fcntl(state_->acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
  state_->acceptor.bind(endpoint);
  state_->acceptor.listen();
  state_->port = state_->acceptor.local_endpoint().port();
  state_->accepting = std::thread([state = state_.get()] { state->accept_all(); });
}

MockServer::~MockServer() {
  {
    std::lock_guard const lock(state_->mutex);
    state_->ending = true;
    state_->changed.notify_all();
  }
  // Closing alone does not wake a blocking accept; a shutdown does.
  ::shutdown(state_->acceptor.native_handle(), SHUT_RDWR);
  state_->accepting.join();
  boost::system::error_code code;
  state_->acceptor.close(code);
  {
    std::lock_guard const lock(state_->mutex);
    for (auto& connection : state_->open) connection.socket.shutdown(tcp::socket::shutdown_both, code);
  }
  for (auto& connection : state_->open) connection.thread.join();
}

std::string MockServer::url() const {
  return "http://127.0.0.1:" + std::to_string(state_->port);
}

int MockServer::port() const {
  return state_->port;
}

MockServer& MockServer::on(std::string method, std::string path, Handler handler) {
  std::lock_guard const lock(state_->mutex);
  state_->rules.push_back({std::move(method), std::move(path), std::move(handler), false});
  return *this;
}

MockServer& MockServer::on(std::string method, std::string path, MockReply reply) {
  return on(std::move(method), std::move(path), [reply = std::move(reply)](MockRequest const&) { return reply; });
}

MockServer& MockServer::once(std::string method, std::string path, MockReply reply) {
  std::lock_guard const lock(state_->mutex);
  state_->rules.push_back(
      {std::move(method), std::move(path), [reply = std::move(reply)](MockRequest const&) { return reply; }, true});
  return *this;
}

MockServer& MockServer::fault_at(std::size_t number, MockReply reply) {
  std::lock_guard const lock(state_->mutex);
  state_->faults[state_->requests.size() + number] = std::move(reply);
  return *this;
}

MockServer& MockServer::cut_upload(std::string method, std::string path, std::uint64_t after) {
  std::lock_guard const lock(state_->mutex);
  state_->cuts.push_back({std::move(method), std::move(path), after});
  return *this;
}

int MockServer::cut_uploads() const {
  std::lock_guard const lock(state_->mutex);
  return state_->cut_uploads;
}

MockServer& MockServer::keep_of_bodies(std::size_t size) {
  state_->body_kept = size;
  return *this;
}

void MockServer::release() {
  std::lock_guard const lock(state_->mutex);
  state_->released = true;
  state_->changed.notify_all();
}

std::vector<MockRequest> MockServer::requests() const {
  std::lock_guard const lock(state_->mutex);
  return state_->requests;
}

std::vector<MockRequest> MockServer::requests(std::string const& method, std::string const& path) const {
  std::vector<MockRequest> result;
  for (auto& request : requests()) {
    if ((method == "*" || request.method == method) && matches(path, request.path))
      result.push_back(std::move(request));
  }
  return result;
}

std::vector<std::string> MockServer::unexpected() const {
  std::lock_guard const lock(state_->mutex);
  return state_->unexpected;
}

int MockServer::connections() const {
  std::lock_guard const lock(state_->mutex);
  return state_->connections;
}

bool MockServer::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, std::chrono::seconds(30), [&] { return state_->requests.size() >= count; });
}

}  // namespace azureml::test
