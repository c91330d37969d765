#pragma once
#include "base/encoding.hpp"
#include "base/unique_fd.hpp"

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

namespace azureml::engine::routes {

struct Services;

struct IgnoringCase {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const noexcept { return base::to_lower_ascii(a) < base::to_lower_ascii(b); }
};
using Headers = std::map<std::string, std::string, IgnoringCase>;

/// Who asks, as the front has found out.
struct Principal {
  enum class Kind { anonymous, home, run, sas } kind = Kind::anonymous;
  std::string run_id{};  ///< of a job's token
};

struct Request {
  std::string method{}, path{};               ///< `path` decoded
  std::string raw_path{};                     ///< as it was sent: signatures are over it
  std::map<std::string, std::string> parameters{};  ///< captured by the pattern, decoded: {"name", …}
  std::multimap<std::string, std::string> query{};  ///< decoded; names as sent
  Headers headers{};
  std::string body{};                         ///< at most 16 MiB; empty for uploads
  std::uint64_t content_length = 0;
  Principal principal{};
  std::string base_url{};                     ///< how the client reached us: `http://127.0.0.1:41234`
  bool waited = false;                        ///< asked again after `Reply::wait` timed out: answer now
  [[nodiscard]] std::string query_value(std::string_view name, std::string_view fallback = {}) const;   ///< name without regard to case
  [[nodiscard]] std::string header(std::string_view name) const;
};

/// A piece of a file as a body. Sent in bounded pieces by the front.
struct FileRange {
  std::shared_ptr<base::UniqueFd> file{};
  std::uint64_t offset = 0, length = 0;
};

/// Ask the handler again when the topic is published, or (with `Request::waited`) when the time is up.
struct WaitFor {
  std::string topic{};
  std::chrono::milliseconds timeout{};
};

struct Reply {
  int status = 200;
  Headers headers{};
  std::string body{};
  std::optional<FileRange> file{};  ///< instead of `body`
  std::optional<WaitFor> wait{};    ///< instead of everything
  /// What takes longer than a handler may: completes the reply on a disk thread, before it is sent. May throw ApiError.
  std::function<void(Reply&)> complete{};
};

/// What a handler throws; the front's error factory writes it in the shape of the route's plane.
struct ApiError {
  int status = 400;
  std::string code{"UserError"}, message{};
  std::vector<std::string> inner{};                           ///< outermost first: {"NotFound", "JobNotFound"}
  std::vector<std::pair<std::string, std::string>> details{}; ///< code, message
  Headers headers{};
};

/// A body that is taken in pieces. Destroyed without `commit` it leaves nothing behind.
struct Upload {
  virtual ~Upload() = default;
  virtual void write(std::string_view piece) = 0;   ///< on a disk thread
  virtual bool work() { return false; }             ///< on a disk thread, after the last piece, again while true: a few MiB at a time
  virtual void sync() = 0;                          ///< on a disk thread, after the last piece; may throw ApiError (wrong MD5)
  virtual Reply commit(Services& services) = 0;     ///< on the store thread
};

enum class Plane { arm, data, blob, engine };
enum class Auth { none, bearer, sas };

/// One REST operation. `pattern`: segments, `{name}` captures one, `{name...}` the rest (with slashes); `{WS}` stands for
/// `/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.MachineLearningServices/workspaces/{ws}`; literal segments match without
/// regard to case. Exactly one of `handle` and `upload` is set; both run on the store thread and may throw ApiError.
struct Route {
  std::string operation{};  ///< "jobs.create_or_update", for logs and for the table in the tests
  std::string method{}, pattern{};
  Plane plane = Plane::arm;
  Auth auth = Auth::bearer;
  std::function<Reply(Request const&, Services&)> handle{};
  std::function<std::unique_ptr<Upload>(Request const&, Services&)> upload{};
};

/// All operations the engine has.
std::vector<Route> all_routes();

}  // namespace azureml::engine::routes
