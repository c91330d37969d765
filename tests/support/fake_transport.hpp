#pragma once
#include "http/transport.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace azureml::test {

/// One request as the transport got it; a streamed body is read to its end.
struct SentRequest {
  std::string method{}, url{};
  http::Headers headers{};
  std::string body{};
  http::AuthKind auth = http::AuthKind::bearer;
  bool idempotent = false;
  Context context{};
  std::optional<std::chrono::nanoseconds> attempt_timeout{};

  [[nodiscard]] std::string header(std::string const& name) const;  ///< Empty when it is not there.
};

/// Answers from a script, in order, and keeps what was asked. A request beyond the script's end gets the `otherwise`
/// answer; without one it is a std::logic_error. 2xx bodies go to the request's sink in pieces. Thread-safe.
class FakeTransport final : public http::Transport {
 public:
  using Handler = std::function<http::Response(SentRequest const&)>;

  FakeTransport() = default;
  FakeTransport(std::initializer_list<http::Response> script);

  FakeTransport& reply(http::Response response);
  FakeTransport& reply(int status, std::string body = {}, http::Headers headers = {});
  FakeTransport& reply(Handler handler);  ///< May throw.
  FakeTransport& refuse();                ///< Nothing listens there.
  FakeTransport& close_stale();           ///< A kept connection was closed by the server.
  FakeTransport& lose();                  ///< No answer; would be worth another attempt.
  /// Gives that many bytes of a 200 answer's body to the sink, then loses the connection.
  FakeTransport& lose_after(std::string begin_of_body, http::Headers headers = {}, int status = 200);
  FakeTransport& otherwise(Handler handler);
  FakeTransport& piece_size(std::size_t size);

  http::Response send(http::Request const& request, Context const& context) override;

  [[nodiscard]] std::vector<SentRequest> requests() const;
  [[nodiscard]] SentRequest request(std::size_t index) const;  ///< @throws std::out_of_range
  [[nodiscard]] std::size_t left() const;                      ///< Answers of the script not given yet.

 private:
  struct Step {
    Handler handler{};
    bool loses_body = false;
  };
  void give(http::Response& response, http::Request const& request, bool loses) const;

  mutable std::mutex mutex_{};
  std::deque<Step> script_{};
  Handler otherwise_{};
  std::vector<SentRequest> requests_{};
  std::size_t piece_size_ = 7;
};

}  // namespace azureml::test
