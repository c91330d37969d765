#include "engine/runner/web_fetch.hpp"

#include "base/encoding.hpp"
#include "base/redact.hpp"
#include "base/unique_fd.hpp"
#include "base/uuid.hpp"
#include "engine/runner/run_failure.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kWordsMax = 500;
// Certificates and proxies come from the environment, as with curl.
constexpr char kProgram[] = R"(import json, sys, urllib.request
what = json.load(open(sys.argv[1]))
try:
    with urllib.request.urlopen(what["url"], timeout=float(sys.argv[3])) as answer, open(sys.argv[2], "wb") as out:
        size = answer.headers.get("Content-Length")
        done = 0
        while True:
            piece = answer.read(1 << 20)
            if not piece: break
            out.write(piece)
            done += len(piece)
        if size is not None and done != int(size): raise OSError("the connection was closed after %d of %s bytes" % (done, size))
except Exception as error:
    sys.exit(str(error))
)";

/// Removed whatever comes.
struct Temporary {
  fs::path path{};
  ~Temporary() { ::unlink(path.c_str()); }
};

/// What a URL may not hold as it is becomes percent-encoded; what is encoded already stays.
std::string encoded(std::string const& address) {
  return base::percent_encode(address, ":/?#[]@!$&'()*+,;=%");
}

void write_private(fs::path const& path, std::string const& text) {
  auto const file = base::open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  base::write_all(file.get(), text, path.string());
}

SpawnRequest curl_request(WebFetch const& fetch, fs::path const& order, fs::path const& part, int errors) {
  auto const patience = std::to_string(fetch.patience.count());
  return {.program = "curl",
          .arguments = {"curl",        "-q",
                        "--silent",    "--show-error",
                        "--fail",      "--globoff",
                        "--location",  "--max-redirs",
                        "10",          "--proto",
                        "=http,https", "--proto-redir",
                        "=http,https", "--connect-timeout",
                        patience,      "--speed-limit",
                        "1",           "--speed-time",
                        patience,      "--retry",
                        "2",           "--output",
                        part.string(), "--config",
                        order.string()},
          .environment = fetch.environment,
          .standard_output = errors,
          .standard_error = errors};
}

SpawnRequest python_request(WebFetch const& fetch, fs::path const& order, fs::path const& part, int errors) {
  return {.program = fetch.python,
          .arguments = {fetch.python, "-I", "-c", kProgram, order.string(), part.string(),
                        std::to_string(fetch.patience.count())},
          .environment = fetch.environment,
          .standard_output = errors,
          .standard_error = errors};
}

bool is_absent(std::system_error const& error) {
  auto const code = error.code().value();
  return code == ENOENT || code == ENOTDIR || code == EACCES;
}

std::string last_line(fs::path const& file) {
  auto text = tail_of(file, kWordsMax);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return base::redact_text(text.substr(text.rfind('\n') + 1));
}

[[noreturn]] void fail(WebFetch const& fetch, std::string const& reason) {
  throw RunFailure({.code = "DataFetchFailed",
                    .message = "The file '" + base::redact_url(fetch.address) +
                               "' could not be fetched: " + (reason.empty() ? "the tool gave no reason" : reason),
                    .phase = "preparing"});
}

}  // namespace

void fetch_from_web(WebFetch const& fetch, std::function<int(SpawnRequest const&)> const& run_tool) {
  auto const mark = base::random_hex(12);
  Temporary const order{fetch.scratch / ("fetch-" + mark)}, part{fetch.scratch / ("part-" + mark)},
      words{fetch.scratch / ("words-" + mark)};
  auto const errors = base::open_file(words.path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  // Nothing in an encoded address needs an escape in either format.
  write_private(order.path, "url = \"" + encoded(fetch.address) + "\"\n");
  int status = 0;
  try {
    status = run_tool(curl_request(fetch, order.path, part.path, errors.get()));
  } catch (std::system_error const& error) {
    if (!is_absent(error)) throw;
    ::unlink(order.path.c_str());
    write_private(order.path, nlohmann::json{{"url", encoded(fetch.address)}}.dump());
    try {
      status = run_tool(python_request(fetch, order.path, part.path, errors.get()));
    } catch (std::system_error const& second) {
      if (!is_absent(second)) throw;
      fail(fetch, "there is neither curl in PATH nor '" + fetch.python + "' to fetch it with; install curl");
    }
  }
  if (status != 0) fail(fetch, last_line(words.path));
  // curl leaves no file where an answer had no bytes.
  if (::access(part.path.c_str(), F_OK) != 0) write_private(part.path, {});
  if (::rename(part.path.c_str(), fetch.target.c_str()) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot put '" + fetch.target.string() + "' in place");
}

}  // namespace azureml::engine::runner
