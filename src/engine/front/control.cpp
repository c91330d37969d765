#include "engine/front/control.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/unique_fd.hpp"
#include "engine/front/lifecycle.hpp"
#include "engine/front/loopback_get.hpp"
#include "engine/store/home.hpp"
#include "engine/store/store.hpp"
#include "engine/store/store_thread.hpp"

#include <nlohmann/json.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace azureml::engine::front {

using json = nlohmann::json;
using State = EngineStatus::State;

namespace {

constexpr std::chrono::seconds kAnswerTime{5};
constexpr std::chrono::hours kLongTime{24};  ///< Every stored file may be read.
constexpr std::size_t kLongAnswerMax = 64 << 20;

store::Home home_at(std::filesystem::path const& path) {
  if (path.empty()) throw std::runtime_error("no home was given; name a directory with --home or AZUREML_ENGINE_HOME");
  return store::Home{std::filesystem::absolute(path).lexically_normal()};
}

/// engine.json, when the process it speaks of is there and is still the same.
std::optional<Lease> live_lease(store::Home const& home) {
  auto const lease = read_lease(home);
  if (!lease || lease->boot_id != boot_id() || process_start_time(lease->pid) != lease->start_time) return std::nullopt;
  return lease;
}

std::string trimmed_token(std::string const& file) {
  auto token = base::read_small_file(file, 64 << 10);
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  return token;
}

/// Whether what answers at the lease's port knows the home's key; only then is it shown a token.
bool proves_itself(store::Home const& home, Lease const& lease) {
  auto const identity = json::parse(base::read_small_file(home.identity_json(), 64 << 10), nullptr, false);
  if (!identity.is_object() || !identity.contains("hello_key") || !identity["hello_key"].is_string()) return false;
  auto const key = base::from_base64(identity["hello_key"].get<std::string>());
  if (!key) return false;
  auto const nonce = base::to_hex(base::random_bytes(16));
  auto const answer = loopback_get(lease.port, "/engine/v1/hello?nonce=" + nonce, {}, kAnswerTime);
  if (!answer) return false;
  auto const said = json::parse(*answer, nullptr, false);
  if (!said.is_object() || !said.contains("proof") || !said["proof"].is_string()) return false;
  return base::equal_in_constant_time(said["proof"].get<std::string>(), base::to_hex(base::hmac_sha256(*key, nonce)));
}

void add_answers(EngineStatus& status, Lease const& lease) {
  auto const answer = loopback_get(lease.port, "/engine/v1/status", trimmed_token(lease.token_file), kAnswerTime);
  if (!answer) return;
  auto const said = json::parse(*answer, nullptr, false);
  if (!said.is_object()) return;
  auto number = [&](char const* name) -> std::optional<std::uint64_t> {
    auto const at = said.find(name);
    if (at == said.end() || !at->is_number_unsigned()) return std::nullopt;
    return at->get<std::uint64_t>();
  };
  status.active_runs = number("active_runs");
  status.connections = number("connections");
  if (auto const uptime = number("uptime_seconds")) status.uptime = std::chrono::seconds{*uptime};
}

/// Asks the running engine for something that may take it long.
std::string ask_for_long(store::Home const& home, std::string const& method, std::string const& target) {
  auto const lease = live_lease(home);
  auto const answer = lease && proves_itself(home, *lease)
                          ? loopback_request(lease->port, {.method = method,
                                                           .target = target,
                                                           .token = trimmed_token(lease->token_file),
                                                           .timeout = kLongTime,
                                                           .answer_max = kLongAnswerMax})
                          : std::nullopt;
  if (answer) return *answer;
  throw std::runtime_error("the engine of '" + home.root.string() + "' does not answer; see '" + home.engine_log().string() +
                           "', or stop it with `azureml engine stop` and try again");
}

bool alive(store::Home const& home, pid_t pid) {
  auto const holder = lock_holder(home);
  return holder && holder->pid == pid;
}

}  // namespace

EngineStatus read_status(std::filesystem::path const& path) {
  auto const home = home_at(path);
  EngineStatus status;
  auto const holder = lock_holder(home);
  if (!holder) return status;
  status.pid = holder->pid;
  status.state = holder->leaving ? State::leaving : State::starting;
  auto const lease = live_lease(home);
  if (holder->leaving || !lease || lease->pid != holder->pid) return status;
  status.endpoint = lease->endpoint;
  status.version = lease->version;
  status.token_file = lease->token_file;
  status.state = State::unresponsive;
  try {
    if (!proves_itself(home, *lease)) return status;
    status.state = State::running;
    add_answers(status, *lease);
  } catch (std::exception const&) {
    // A file that cannot be read says as little as no answer.
  }
  return status;
}

bool stop_engine(std::filesystem::path const& path, std::chrono::milliseconds timeout) {
  auto const home = home_at(path);
  auto const holder = lock_holder(home);
  if (!holder) return false;
  auto const name = "the engine of '" + home.root.string() + "' (pid " + std::to_string(holder->pid) + ")";
  if (holder->pid <= 0)
    throw std::runtime_error("an engine is just starting in '" + home.root.string() + "'; try again in a moment");
  if (holder->pid == ::getpid()) throw std::runtime_error(name + " runs in this very process; end it there");
  base::UniqueFd const process{static_cast<int>(::syscall(SYS_pidfd_open, holder->pid, 0U))};
  if (!process) {
    if (errno == ESRCH) return false;
    throw std::runtime_error("cannot reach " + name + ": " + std::generic_category().message(errno));
  }
  // The descriptor is of the process that holds the lock now, or the pid has changed hands before it was opened.
  if (!alive(home, holder->pid)) return false;
  if (::syscall(SYS_pidfd_send_signal, process.get(), SIGTERM, nullptr, 0U) != 0) {
    if (errno == ESRCH) return true;
    throw std::runtime_error("cannot stop " + name + ": " + std::generic_category().message(errno) +
                             "; stop it as the user it belongs to");
  }
  pollfd waiting{.fd = process.get(), .events = POLLIN, .revents = 0};
  auto const deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    auto const ready = left.count() > 0 ? ::poll(&waiting, 1, static_cast<int>(left.count())) : 0;
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    throw std::runtime_error(name + " has not stopped within " + std::to_string(timeout.count()) + " ms; see '" +
                             home.engine_log().string() + "', or end it with: kill -9 " + std::to_string(holder->pid) +
                             " (runs go on)");
  }
}

std::string read_token(std::filesystem::path const& path) {
  auto const home = home_at(path);
  auto const lease = live_lease(home);
  if (!lease || !alive(home, lease->pid)) {
    throw std::runtime_error("no engine runs for home '" + home.root.string() +
                             "', and only a running one has a token; start it with: azureml engine serve --home '" +
                             home.root.string() + "'");
  }
  try {
    return trimmed_token(lease->token_file);
  } catch (std::exception const& error) {
    throw std::runtime_error(std::string{"the engine's token is not there: "} + error.what());
  }
}

std::vector<Finding> check_engine_home(std::filesystem::path const& path, bool checksums) {
  auto const home = home_at(path);
  // A home is not made by looking at it.
  if (!std::filesystem::exists(home.root)) return check_home(home);
  if (!lock_holder(home)) {
    EngineLock const lock{home};
    return check_home(home, {.checksums = checksums});
  }
  return findings_from_json(ask_for_long(home, "GET", std::string("/engine/v1/check?checksums=") + (checksums ? "true" : "false")));
}

std::vector<Garbage> collect_engine_garbage(std::filesystem::path const& path, bool dry_run, std::chrono::seconds age_min) {
  auto const home = home_at(path);
  if (!std::filesystem::exists(home.database())) throw std::runtime_error("there is no engine's store in '" + home.root.string() + "'; name the home with --home");
  if (!lock_holder(home)) {
    EngineLock const lock{home};
    store::StoreThread store{std::make_unique<store::Store>(home.database()), logging::Logger{}};
    return collect_garbage(home, store, {.dry_run = dry_run, .age_min = age_min});
  }
  return garbage_from_json(ask_for_long(home, "POST", std::string("/engine/v1/gc?dry_run=") + (dry_run ? "true" : "false") + "&older_than=" + std::to_string(age_min.count())));
}

std::string to_string(State state) {
  switch (state) {
    case State::stopped:
      return "stopped";
    case State::starting:
      return "starting";
    case State::running:
      return "running";
    case State::leaving:
      return "leaving";
    case State::unresponsive:
      return "unresponsive";
  }
  return "unknown";
}

}  // namespace azureml::engine::front
