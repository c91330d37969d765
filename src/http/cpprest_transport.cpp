// The only file that knows cpprestsdk. No pplx::task leaves it, none is waited for, and each ends in a continuation
// that takes its exception: an unobserved one would end the process.
#include "http/exchange.hpp"
#include "http/pipeline.hpp"
#include "http/receiver.hpp"
#include "http/transport_errors.hpp"
#include "http/url.hpp"

#include <cpprest/astreambuf.h>
#include <cpprest/http_client.h>
#include <cpprest/streams.h>
#include <pplx/threadpool.h>

#include <openssl/ssl.h>

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

namespace azureml::http {

namespace {

namespace streams = concurrency::streams;
using streams::details::streambuf_state_manager;

/// The library's own 64 KiB are slow; 1 MiB is no faster and costs a transfer 4 to 9 MiB more of resident memory.
constexpr std::size_t kChunkSize = 512 << 10;
constexpr std::size_t kClientsMax = 64;
/// What the sockets of both ends may take of a request that the other end never reads: Linux lets their buffers grow to
/// 4 and 6 MiB.
constexpr std::uint64_t kBufferedMax = 10 << 20;
/// The library's own timeout must never come before ours, which is longer for a held request.
constexpr std::chrono::hours kNever{24 * 30};

/// A stream buffer that can do what the library asks of a body and nothing else. That it cannot seek is on purpose:
/// else the library would repeat a request on its own when a kept connection turns out to be closed, also one that must
/// not be repeated.
class OneWayBuffer : public streambuf_state_manager<std::uint8_t> {
 public:
  explicit OneWayBuffer(std::ios_base::openmode mode) : streambuf_state_manager(mode) {}
  bool can_seek() const override { return false; }
  bool has_size() const override { return false; }
  std::size_t buffer_size(std::ios_base::openmode) const override { return 0; }
  void set_buffer_size(std::size_t, std::ios_base::openmode) override {}
  std::size_t in_avail() const override { return 0; }
  pos_type getpos(std::ios_base::openmode) const override { return static_cast<pos_type>(traits::eof()); }
  pos_type seekpos(pos_type, std::ios_base::openmode) override { return static_cast<pos_type>(traits::eof()); }
  pos_type seekoff(off_type, std::ios_base::seekdir, std::ios_base::openmode) override {
    return static_cast<pos_type>(traits::eof());
  }
  bool acquire(std::uint8_t*& pointer, std::size_t& count) override {
    pointer = nullptr;
    count = 0;
    return false;
  }
  void release(std::uint8_t*, std::size_t) override {}

 protected:
  template <class T>
  static pplx::task<T> refused() {
    return pplx::task_from_exception<T>(std::make_exception_ptr(std::runtime_error("this stream goes one way only")));
  }
  pplx::task<int_type> _putc(std::uint8_t) override { return refused<int_type>(); }
  pplx::task<std::size_t> _putn(std::uint8_t const*, std::size_t) override { return refused<std::size_t>(); }
  pplx::task<int_type> _bumpc() override { return refused<int_type>(); }
  int_type _sbumpc() override { return traits::requires_async(); }
  pplx::task<int_type> _getc() override { return refused<int_type>(); }
  int_type _sgetc() override { return traits::requires_async(); }
  pplx::task<int_type> _nextc() override { return refused<int_type>(); }
  pplx::task<int_type> _ungetc() override { return refused<int_type>(); }
  pplx::task<std::size_t> _getn(std::uint8_t*, std::size_t) override { return refused<std::size_t>(); }
  std::size_t _scopy(std::uint8_t*, std::size_t) override { return 0; }
  pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
  std::uint8_t* _alloc(std::size_t) override { return nullptr; }
  void _commit(std::size_t) override {}
};

/// The library's view of a string.
class StringBuffer final : public OneWayBuffer {
 public:
  explicit StringBuffer(std::string text) : OneWayBuffer(std::ios_base::in), text_(std::move(text)) {}

 protected:
  pplx::task<std::size_t> _getn(std::uint8_t* pointer, std::size_t count) override {
    auto const size = std::min(count, text_.size() - at_);
    std::memcpy(pointer, text_.data() + at_, size);
    at_ += size;
    return pplx::task_from_result(size);
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

/// An Exchange as a body of either direction.
class ExchangeBuffer final : public OneWayBuffer {
 public:
  ExchangeBuffer(std::shared_ptr<Exchange> exchange, std::ios_base::openmode mode)
      : OneWayBuffer(mode), exchange_(std::move(exchange)) {}

 protected:
  pplx::task<std::size_t> _getn(std::uint8_t* pointer, std::size_t count) override {
    pplx::task_completion_event<std::size_t> event;
    exchange_->want_bytes({reinterpret_cast<char*>(pointer), count}, answer(event));
    return pplx::create_task(event);
  }
  pplx::task<std::size_t> _putn(std::uint8_t const* pointer, std::size_t count) override {
    pplx::task_completion_event<std::size_t> event;
    exchange_->give_bytes({reinterpret_cast<char const*>(pointer), count}, answer(event));
    return pplx::create_task(event);
  }

 private:
  static Exchange::Taken answer(pplx::task_completion_event<std::size_t> const& event) {
    return [event](std::size_t taken) { event.set(taken); };
  }
  std::shared_ptr<Exchange> exchange_;
};

struct Stream : streams::streambuf<std::uint8_t> {
  explicit Stream(std::shared_ptr<OneWayBuffer> buffer) : streambuf(std::move(buffer)) {}
};

/// The library's pool, once per process and before its first use, which would make forty threads of it. Its threads
/// take no signals.
void limit_pool() {
  static std::once_flag once;
  std::call_once(once, [] {
    sigset_t all, before;
    ::sigfillset(&all);
    for (int const signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) ::sigdelset(&all, signal);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    // First, so that at the process's end the pool's threads give back what OpenSSL keeps for them before OpenSSL
    // itself ends.
    ::OPENSSL_init_ssl(0, nullptr);
    try {
      crossplat::threadpool::initialize_with_threads(2);
    } catch (std::exception const&) {
      // The program uses the library too and has made its pool already.
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  });
}

Response head_of(web::http::http_response const& response) {
  Response result;
  result.status = response.status_code();
  for (auto const& [name, value] : response.headers()) result.headers.insert_or_assign(name, value);
  return result;
}

bool starts_with(std::string const& text, std::string_view start) {
  return text.compare(0, start.size(), start) == 0;
}

/// The library says where it failed by its message, and why by a number that it changes here and there.
Fall fall_of(Request const& request, web::http::http_exception const& error, std::uint64_t uploaded) {
  using Kind = Fall::Kind;
  std::string const message = error.what();
  auto const host = origin_of(request.url);
  auto const reset = error.error_code().value() == ECONNRESET || error.error_code().value() == EPIPE;
  if (starts_with(message, "Error resolving address") || starts_with(message, "Failed to resolve address")) {
    return {Kind::lost, "the name of the host in " + host + " cannot be resolved; check the address and the network"};
  }
  if (starts_with(message, "Failed to connect to any resolved endpoint")) {
    switch (error.error_code().value()) {
      case EHOSTUNREACH:
      case ECONNREFUSED:
        return {Kind::refused, "the connection to " + host +
                                   " was refused or its host is out of reach; check that the service runs there"};
      case ETIMEDOUT:
        return {Kind::lost, "the connection to " + host + " timed out"};
      default:
        return {Kind::lost, "no connection to " + host + ": " + std::strerror(error.error_code().value())};
    }
  }
  if (starts_with(message, "Error in SSL handshake")) {
    if (reset) return {Kind::lost, host + " closed the connection during the TLS handshake"};
    return {Kind::broken, "the TLS handshake with " + host +
                              " failed; check that it speaks TLS and that its certificate is trusted here"};
  }
  if (starts_with(message, "cannot rewind input stream") || starts_with(message, "Failed to write request headers")) {
    return {Kind::stale, "the server closed the kept connection before the request was sent"};
  }
  if (starts_with(message, "Failed to write request body")) {
    // Headers and the first bytes find room in the sockets even when the other end is about to close. Whatever it was,
    // the request never was whole there.
    auto const kind = uploaded <= kChunkSize     ? Kind::stale
                      : uploaded <= kBufferedMax ? Kind::perhaps_stale
                                                 : Kind::lost;
    return {kind, "the connection was lost after " + std::to_string(uploaded) + " bytes of the request were taken"};
  }
  if (starts_with(message, "Failed to read HTTP status line")) {
    return {Kind::lost, reset ? "the connection was reset before the answer came"
                              : "the server closed the connection without an answer"};
  }
  if (starts_with(message, "Failed to read") || starts_with(message, "Retrieving message chunk header")) {
    return {Kind::lost, reset ? "the connection was reset in the middle of the answer"
                              : "the connection ended in the middle of the answer"};
  }
  if (starts_with(message, "Invalid")) return {Kind::broken, "the answer is not HTTP (" + message + ")"};
  return {Kind::lost, message};
}

[[noreturn]] void throw_failure(Request const& request, std::exception_ptr const& failure, std::uint64_t uploaded) {
  Fall fall;
  try {
    std::rethrow_exception(failure);
  } catch (web::http::http_exception const& error) {
    fall = fall_of(request, error, uploaded);
  } catch (web::uri_exception const&) {
    fall = {Fall::Kind::broken, "the address cannot be read"};
  } catch (std::exception const& error) {
    fall = {Fall::Kind::lost, error.what()};
  }
  throw_fall(request, fall);
}

/// Ends a request that is not over yet, however its `send` is left.
class Abandon {
 public:
  Abandon(std::shared_ptr<Exchange> exchange, pplx::cancellation_token_source cancel)
      : exchange_(std::move(exchange)), cancel_(std::move(cancel)) {}
  Abandon(Abandon const&) = delete;
  Abandon& operator=(Abandon const&) = delete;
  ~Abandon() {
    exchange_->close();
    if (over_) return;
    try {
      cancel_.cancel();
    } catch (...) {
      // Cancelling closes a socket; a failure there leaves nothing to be done.
    }
  }
  void over() { over_ = true; }

 private:
  std::shared_ptr<Exchange> exchange_;
  pplx::cancellation_token_source cancel_;
  bool over_ = false;
};

class CpprestTransport final : public Transport {
 public:
  explicit CpprestTransport(std::chrono::seconds attempt_timeout) : attempt_timeout_(attempt_timeout) { limit_pool(); }
  Response send(Request const& request, Context const& context) override;

 private:
  std::shared_ptr<web::http::client::http_client> client(Request const& request);
  static web::http::http_request message(Request const& request, std::shared_ptr<Exchange> const& exchange);

  std::chrono::nanoseconds attempt_timeout_;
  std::mutex mutex_{};
  std::map<std::string, std::shared_ptr<web::http::client::http_client>> clients_{};
};

std::shared_ptr<web::http::client::http_client> CpprestTransport::client(Request const& request) {
  auto const origin = origin_of(request.url);
  std::lock_guard const lock(mutex_);
  if (auto const found = clients_.find(origin); found != clients_.end()) return found->second;
  web::http::client::http_client_config config;
  config.set_max_redirects(0);
  config.set_chunksize(kChunkSize);
  config.set_timeout(std::chrono::duration_cast<std::chrono::microseconds>(kNever));
  auto made = std::make_shared<web::http::client::http_client>(web::uri(origin), config);
  // Requests under way keep their client alive.
  if (clients_.size() >= kClientsMax) clients_.clear();
  clients_.emplace(origin, made);
  return made;
}

web::http::http_request CpprestTransport::message(Request const& request, std::shared_ptr<Exchange> const& exchange) {
  web::http::http_request message(request.method);
  auto resource = request.url.substr(origin_of(request.url).size());
  if (auto const fragment = resource.find('#'); fragment != std::string::npos) resource.resize(fragment);
  message.set_request_uri(web::uri(resource.empty() ? "/" : resource.front() == '/' ? resource : "/" + resource));
  bool const sends = request.source || !request.body.empty() || request.method == "PUT" || request.method == "POST" ||
                     request.method == "PATCH";
  if (sends) {
    auto const size = request.source ? request.source->size() : request.body.size();
    std::shared_ptr<OneWayBuffer> buffer;
    if (request.source) {
      buffer = std::make_shared<ExchangeBuffer>(exchange, std::ios_base::in);
    } else {
      buffer = std::make_shared<StringBuffer>(request.body);
    }
    message.set_body(streams::istream(Stream(std::move(buffer))), size, "application/octet-stream");
    if (!request.headers.contains("Content-Type")) message.headers().remove("Content-Type");
  }
  message.set_response_stream(streams::ostream(Stream(std::make_shared<ExchangeBuffer>(exchange, std::ios_base::out))));
  for (auto const& [name, value] : request.headers) {
    if (name != "Content-Length") message.headers()[name] = value;
  }
  return message;
}

Response CpprestTransport::send(Request const& request, Context const& context) {
  using std::chrono::steady_clock;
  check_request(request);
  auto const begin = steady_clock::now();
  auto const patience = request.attempt_timeout.value_or(attempt_timeout_);
  auto const after = [](steady_clock::time_point from, std::chrono::nanoseconds wait) {
    return wait < steady_clock::time_point::max() - from ? from + wait : steady_clock::time_point::max();
  };
  auto const deadline = context.timeout ? after(begin, *context.timeout) : steady_clock::time_point::max();
  if (context.stop.stop_requested()) throw_stopped(request);

  auto exchange = std::make_shared<Exchange>();
  pplx::cancellation_token_source cancel;
  Abandon abandon(exchange, cancel);
  std::uint64_t uploaded = 0;
  try {
    client(request)
        ->request(message(request, exchange), cancel.get_token())
        .then([exchange](pplx::task<web::http::http_response> const& task) {
          try {
            auto const response = task.get();
            exchange->head(head_of(response));
            response.content_ready().then([exchange](pplx::task<web::http::http_response> const& body) {
              try {
                body.get();
                exchange->finish();
              } catch (...) {
                exchange->fail(std::current_exception());
              }
            });
          } catch (...) {
            exchange->fail(std::current_exception());
          }
        });
  } catch (...) {
    throw_failure(request, std::current_exception(), uploaded);
  }

  Receiver receiver(request);
  while (true) {
    auto const limit = std::min(deadline, after(steady_clock::now(), patience));
    switch (exchange->next(context.stop, limit)) {
      case Exchange::Event::want: {
        auto const count = request.source->read(exchange->room());
        uploaded += count;
        if (count == 0) {
          throw_fall(request,
                     {Fall::Kind::broken, "the body to send ended after " + std::to_string(uploaded) + " of the " +
                                              std::to_string(request.source->size()) + " bytes it promised"});
        }
        exchange->taken(count);
        break;
      }
      case Exchange::Event::give: {
        auto const count = exchange->piece().size();
        receiver.write(exchange->piece());
        exchange->taken(count);
        break;
      }
      case Exchange::Event::head:
        receiver.begin(exchange->take_head());
        break;
      case Exchange::Event::finished:
        abandon.over();
        return receiver.finish();
      case Exchange::Event::failed:
        abandon.over();
        throw_failure(request, exchange->failure(), uploaded);
      case Exchange::Event::stopped:
        throw_stopped(request);
      case Exchange::Event::timed_out:
        if (limit == deadline) throw_timed_out(request);
        throw_fall(request,
                   {Fall::Kind::lost,
                    "no progress for " +
                        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(patience).count()) + " s"});
    }
  }
}

}  // namespace

std::shared_ptr<Transport> make_cpprest_transport(std::chrono::seconds attempt_timeout) {
  return std::make_shared<CpprestTransport>(attempt_timeout);
}

}  // namespace azureml::http
