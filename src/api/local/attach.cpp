#include "api/local/attach.hpp"

#include "api/local/home.hpp"
#include "api/local/start_program.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "core/make_error.hpp"

#include <azureml/version.hpp>

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <mutex>
#include <optional>

namespace azureml::api {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kStartTimeout{10};
constexpr milliseconds kRetryPause{20};
constexpr std::size_t kFileMax = 64 << 10;
constexpr int kProtocol = 1;

/// What engine.json says, as far as it is needed.
struct Lease {
  std::string endpoint{}, token_file{};
};

std::optional<Lease> read_lease(fs::path const& home) {
  std::error_code ignored;
  if (!fs::exists(home / "engine.json", ignored)) return std::nullopt;
  try {
    auto const json = nlohmann::json::parse(base::read_small_file(home / "engine.json", kFileMax));
    return Lease{.endpoint = json.at("endpoint").get<std::string>(), .token_file = json.at("token_file").get<std::string>()};
  } catch (std::exception const&) {  // being replaced, or left by something else: as if there were none
    return std::nullopt;
  }
}

/// Whether the program behind the port knows the home's key. Done before any token is sent, because a port may have a new owner.
class Greeting {
 public:
  explicit Greeting(fs::path const& home) : home_(home), pipeline_({.retry = {.attempts_max = 1}, .attempt_timeout = seconds(5)}) {}

  /// False when nobody, or somebody else, answers. @throws EngineError when it is our engine and of another protocol
  bool at(std::string const& endpoint) const {
    auto const nonce = base::to_hex(base::random_bytes(16));
    nlohmann::json reply;
    try {
      auto const key = hello_key();
      auto const response = pipeline_.send({.url = endpoint + "/engine/v1/hello?nonce=" + nonce, .auth = http::AuthKind::none}, Context{.timeout = seconds(5)});
      if (response.status != 200) return false;
      reply = nlohmann::json::parse(response.body);
      if (!base::equal_in_constant_time(reply.at("proof").get<std::string>(), base::to_hex(base::hmac_sha256(key, nonce)))) return false;
    } catch (Error const&) {
      return false;
    } catch (std::exception const&) {  // no identity yet, or no JSON: not our engine
      return false;
    }
    check_protocol(reply);
    return true;
  }

 private:
  [[nodiscard]] std::string hello_key() const {
    auto const identity = nlohmann::json::parse(base::read_small_file(home_ / "identity.json", kFileMax));
    auto key = base::from_base64(identity.at("hello_key").get<std::string>());
    if (!key) throw std::runtime_error("identity.json is damaged");
    return *key;
  }
  void check_protocol(nlohmann::json const& reply) const {
    auto const protocol = reply.value("protocol", 0);
    if (protocol == kProtocol) return;
    throw core::make_error<EngineError>("the engine of '" + home_.string() + "' is version " + reply.value("version", std::string("unknown")) +
                                        " and does not understand this library, version " + std::string(version()) + "; run 'azureml engine stop --home " +
                                        home_.string() + "' and try again");
  }
  fs::path home_;
  http::Pipeline pipeline_;
};

/// Holds the shared lock while somebody is attached. Nothing while the home does not exist or its engine is about to leave.
std::shared_ptr<base::UniqueFd> lock_attachment(fs::path const& home) {
  int const fd = ::open((home / "attached.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return nullptr;
  auto lock = std::make_shared<base::UniqueFd>(fd);
  return ::flock(fd, LOCK_SH | LOCK_NB) == 0 ? lock : nullptr;
}

class Attacher {
 public:
  Attacher(LocalOptions options, logging::Logger logger) : options_(std::move(options)), logger_(std::move(logger)), home_(choose_home(options_.home, logger_)), greeting_(home_) {}

  /// One attachment at a time in this process; a second one finds what the first has started.
  Lease attach(std::shared_ptr<base::UniqueFd>& attachment) {
    std::lock_guard const lock(mutex_);
    auto const end = base::real_clock().steady_now() + kStartTimeout;
    if (auto lease = running(attachment)) return *lease;
    if (!options_.start)
      throw core::make_error<EngineError>("no engine runs for home '" + home_.string() + "'; start one with 'azureml engine serve --home " + home_.string() +
                                          "' or leave LocalOptions::start on");
    auto const started = start();
    while (base::real_clock().steady_now() < end) {
      if (auto lease = running(attachment)) return *lease;
      if (started.first_line.empty() && !another_engine_starts()) break;
      base::real_clock().wait_for(kRetryPause, {});
    }
    throw core::make_error<EngineError>("cannot start the engine of home '" + home_.string() + "': " + reason(started));
  }

  [[nodiscard]] fs::path const& home() const noexcept { return home_; }

 private:
  std::optional<Lease> running(std::shared_ptr<base::UniqueFd>& attachment) {
    auto lease = read_lease(home_);
    if (!lease) return std::nullopt;
    if (!attachment) attachment = lock_attachment(home_);
    if (!attachment || !greeting_.at(lease->endpoint)) {
      attachment.reset();
      return std::nullopt;
    }
    return lease;
  }

  Started start() {
    auto const program = locate_program(options_.engine_program);
    logger_.info("starting the engine of '" + home_.string() + "' with '" + program.string() + "'");
    try {
      return start_detached(program, {"engine", "serve", "--home", home_.string()}, kStartTimeout);
    } catch (std::exception const& error) {
      throw core::make_error<EngineError>(std::string("cannot start the engine: ") + error.what());
    }
  }

  /// Somebody else holds the engine's lock: he is starting, or leaving.
  [[nodiscard]] bool another_engine_starts() const {
    int const fd = ::open((home_ / "engine.lock").c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return false;
    base::UniqueFd const lock(fd);
    return ::flock(fd, LOCK_SH | LOCK_NB) != 0;
  }

  /// The last line it printed, else the last lines of its log.
  [[nodiscard]] std::string reason(Started const& started) const {
    if (started.timed_out) return "it was not ready within 10 s; see '" + (home_ / "engine.log").string() + "'";
    auto text = started.output;
    while (text.ends_with('\n')) text.pop_back();
    constexpr std::string_view kPrefix = "azureml: ";
    if (auto const newline = text.rfind('\n'); newline != std::string::npos) text.erase(0, newline + 1);
    if (text.starts_with(kPrefix)) text.erase(0, kPrefix.size());
    return text.empty() ? "it ended without a word; see '" + (home_ / "engine.log").string() + "'" : text;
  }

  LocalOptions options_;
  logging::Logger logger_;
  fs::path home_;
  Greeting greeting_;
  std::mutex mutex_{};
};

http::TokenSource token_from(std::string token_file) {
  return [file = std::move(token_file)](bool, Context const&) {
    try {
      auto token = base::read_small_file(file, kFileMax);
      while (token.ends_with('\n')) token.pop_back();
      return token;
    } catch (std::exception const& error) {
      throw core::make_error<AuthenticationError>(std::string("the engine's token is not there: ") + error.what());
    }
  };
}

}  // namespace

AttachedEngine attach(LocalOptions const& options, logging::Logger logger) {
  auto attacher = std::make_shared<Attacher>(options, std::move(logger));
  AttachedEngine engine;
  auto const lease = attacher->attach(engine.attachment);
  engine.endpoint = lease.endpoint;
  engine.token = token_from(lease.token_file);
  // The lock stays ours when the engine is killed, so it is not taken again.
  engine.endpoint_source = [attacher, attachment = engine.attachment](std::string const&) {
    auto again = attachment;
    return attacher->attach(again).endpoint;
  };
  return engine;
}

}  // namespace azureml::api
