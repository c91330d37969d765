#include "support/fake_transport.hpp"

#include "core/make_error.hpp"
#include "http/connection_errors.hpp"

#include <array>
#include <stdexcept>
#include <utility>

namespace azureml::test {

namespace {

TransportError lost(SentRequest const& request) {
  return core::make_error<TransportError>("cannot " + request.method + ": the connection was lost (scripted)",
                                          {.retryable = true});
}

std::string read_all(http::BodySource& source) {
  std::string result;
  std::array<char, 4096> buffer{};
  while (auto const count = source.read(buffer)) result.append(buffer.data(), count);
  return result;
}

}  // namespace

std::string SentRequest::header(std::string const& name) const {
  auto const found = headers.find(name);
  return found == headers.end() ? std::string{} : found->second;
}

FakeTransport::FakeTransport(std::initializer_list<http::Response> script) {
  for (auto const& response : script) reply(response);
}

FakeTransport& FakeTransport::reply(http::Response response) {
  return reply([response = std::move(response)](SentRequest const&) { return response; });
}

FakeTransport& FakeTransport::reply(int status, std::string body, http::Headers headers) {
  return reply(http::Response{.status = status, .headers = std::move(headers), .body = std::move(body)});
}

FakeTransport& FakeTransport::reply(Handler handler) {
  std::lock_guard const lock(mutex_);
  script_.push_back({.handler = std::move(handler)});
  return *this;
}

FakeTransport& FakeTransport::refuse() {
  return reply([](SentRequest const& request) -> http::Response { throw http::ConnectionRefusedError(lost(request)); });
}

FakeTransport& FakeTransport::close_stale() {
  return reply([](SentRequest const& request) -> http::Response { throw http::StaleConnectionError(lost(request), false); });
}

FakeTransport& FakeTransport::lose() {
  return reply([](SentRequest const& request) -> http::Response { throw lost(request); });
}

FakeTransport& FakeTransport::lose_after(std::string begin_of_body, http::Headers headers, int status) {
  http::Response response{.status = status, .headers = std::move(headers), .body = std::move(begin_of_body)};
  std::lock_guard const lock(mutex_);
  script_.push_back(
      {.handler = [response = std::move(response)](SentRequest const&) { return response; }, .loses_body = true});
  return *this;
}

FakeTransport& FakeTransport::otherwise(Handler handler) {
  std::lock_guard const lock(mutex_);
  otherwise_ = std::move(handler);
  return *this;
}

FakeTransport& FakeTransport::piece_size(std::size_t size) {
  std::lock_guard const lock(mutex_);
  piece_size_ = size;
  return *this;
}

http::Response FakeTransport::send(http::Request const& request, Context const& context) {
  SentRequest sent{.method = request.method,
                   .url = request.url,
                   .headers = request.headers,
                   .body = request.source ? read_all(*request.source) : request.body,
                   .auth = request.auth,
                   .idempotent = request.idempotent,
                   .context = context,
                   .attempt_timeout = request.attempt_timeout};
  Step step;
  {
    std::lock_guard const lock(mutex_);
    requests_.push_back(sent);
    if (!script_.empty()) {
      step = std::move(script_.front());
      script_.pop_front();
    } else {
      step.handler = otherwise_;
    }
  }
  if (!step.handler) throw std::logic_error("the script has no answer to " + request.method + " " + request.url);
  auto response = step.handler(sent);
  give(response, request, step.loses_body);
  if (step.loses_body) throw lost(sent);
  return response;
}

void FakeTransport::give(http::Response& response, http::Request const& request, bool loses) const {
  bool const into_sink = request.sink && response.status >= 200 && response.status < 300;
  if (!into_sink) {
    if (!loses && response.body.size() > request.body_max)
      throw core::make_error<TransportError>("the answer is longer than allowed (scripted)");
    return;
  }
  auto const body = std::exchange(response.body, {});
  request.sink->begin(response);
  for (std::size_t at = 0; at < body.size(); at += piece_size_)
    request.sink->write(std::string_view(body).substr(at, piece_size_));
}

std::vector<SentRequest> FakeTransport::requests() const {
  std::lock_guard const lock(mutex_);
  return requests_;
}

SentRequest FakeTransport::request(std::size_t index) const {
  std::lock_guard const lock(mutex_);
  return requests_.at(index);
}

std::size_t FakeTransport::left() const {
  std::lock_guard const lock(mutex_);
  return script_.size();
}

}  // namespace azureml::test
