#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace azureml::test {

struct IgnoringCase {
  bool operator()(std::string const& a, std::string const& b) const;
};
using MockHeaders = std::map<std::string, std::string, IgnoringCase>;

/// One request as the server got it. Of a body the first 8 MiB are kept, or what `keep_of_bodies` says; its size and
/// sum are of all of it.
struct MockRequest {
  std::string method{}, target{};                   ///< As sent, with the query.
  std::string path{};                               ///< Without the query, as sent (still percent-encoded).
  std::multimap<std::string, std::string> query{};  ///< Decoded.
  MockHeaders headers{};
  std::string body{};
  std::uint64_t body_size = 0, body_sum = 0;
  int connection = 0;  ///< Which of the server's connections it came by, from 1.

  [[nodiscard]] std::string header(std::string const& name) const;  ///< Empty when it is not there.
  [[nodiscard]] std::string parameter(
      std::string const& name) const;  ///< Of the query, decoded; empty when it is not there.
};

/// The sum MockRequest uses, for comparing what was sent without keeping it.
std::uint64_t body_sum(std::string_view bytes, std::uint64_t before = 14695981039346656037ULL);

/// What the server answers, and what goes wrong with it.
struct MockReply {
  int status = 200;
  MockHeaders headers{};
  std::string body{};

  std::uint64_t streamed = 0;                ///< Instead of `body`: so many bytes of `stream_byte`, sent in pieces.
  std::optional<std::uint64_t> declared{};   ///< Says this Content-Length, whatever is sent; then the connection ends.
  std::optional<std::uint64_t> cut_after{};  ///< Ends the connection after so many bytes of the body.
  bool reset = false;  ///< Ends it by a reset instead of in peace; with neither body nor `cut_after`, before the head.
  bool close = false;  ///< Closes the connection after the reply without having said so.
  bool chunked = false;         ///< Transfer-Encoding instead of a Content-Length.
  bool without_length = false;  ///< The body ends with the connection.
  bool hold = false;            ///< Not answered before `release()` (or the server's end).
  std::chrono::milliseconds delay{};  ///< Answered so much later.
  bool no_answer = false;       ///< Closes the connection without a byte.
  std::string raw{};            ///< Sent instead of everything else, then the connection is closed.
};
/// Byte `at` of a streamed body.
constexpr char stream_byte(std::uint64_t at) {
  return static_cast<char>('a' + (at * 2654435761U >> 16) % 26);
}

MockReply json_reply(std::string body, int status = 200);
MockReply html_reply(int status = 200);                          ///< What proxies and front doors say.
MockReply throttled(std::string retry_after, int status = 429);  ///< `Retry-After` as given: seconds or an HTTP date.

/// An HTTP server on 127.0.0.1 with a port of its own, answering from rules. It knows nothing of the project's code, so
/// it cannot share its mistakes. A request that no rule answers is 501 and shows in `unexpected()`. Thread-safe.
class MockServer {
 public:
  using Handler = std::function<MockReply(MockRequest const&)>;

  MockServer();
  ~MockServer();
  MockServer(MockServer const&) = delete;
  MockServer& operator=(MockServer const&) = delete;

  [[nodiscard]] std::string url() const;  ///< `http://127.0.0.1:port`
  [[nodiscard]] int port() const;

  /// Rules are tried from the last to the first. `path`: exact, or a prefix when it ends with `*`. Method `*`: any.
  MockServer& on(std::string method, std::string path, Handler handler);
  MockServer& on(std::string method, std::string path, MockReply reply);
  /// Answers one request only, before the lasting rules; several queue up.
  MockServer& once(std::string method, std::string path, MockReply reply);
  /// Answers the request that comes as number `number` from now (0: the next) with this, whatever it asks for.
  MockServer& fault_at(std::size_t number, MockReply reply);
  /// Resets the connection of one request when so many bytes of its body have been read (0: before the first). Such a
  /// request is answered by no rule and is not in `requests()`; several queue up. A body that is no longer ends like any.
  MockServer& cut_upload(std::string method, std::string path, std::uint64_t after);
  [[nodiscard]] int cut_uploads() const;  ///< How many requests were ended so.
  /// Of bodies to come no more than this is kept.
  MockServer& keep_of_bodies(std::size_t size);
  /// Lets all held replies go, also those to come.
  void release();

  [[nodiscard]] std::vector<MockRequest> requests() const;
  [[nodiscard]] std::vector<MockRequest> requests(std::string const& method,
                                                  std::string const& path) const;  ///< As in `on`.
  [[nodiscard]] std::vector<std::string> unexpected() const;
  [[nodiscard]] int connections() const;
  /// Waits until so many requests have come. False when they have not after half a minute.
  bool wait_for_requests(std::size_t count) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace azureml::test
