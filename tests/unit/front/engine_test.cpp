#include "engine/front/server.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "engine/front/control.hpp"
#include "engine/front/lifecycle.hpp"
#include "engine/front/serve.hpp"
#include "engine/store/store.hpp"
#include "support/temporary_directory.hpp"
#include "unit/front/raw_client.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <utility>

namespace azureml::tests {
namespace {

using namespace std::chrono_literals;
using namespace engine::front;
using engine::store::Home;
using nlohmann::json;
using test::TemporaryDirectory;

EngineOptions options_for(TemporaryDirectory const& directory) {
  return {.home = directory.path() / "home", .program = "/bin/false", .idle_exit = 0s};
}

std::uint16_t port_of(Engine const& engine) {
  auto const endpoint = engine.endpoint();
  return static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
}

std::string bearer(Engine const& engine) {
  auto token = base::read_small_file(engine.token_file());
  return "Authorization: Bearer " + token.substr(0, token.find('\n')) + "\r\n";
}

std::string start_error(EngineOptions options) {
  try {
    Engine const engine{std::move(options)};
    return {};
  } catch (std::runtime_error const& error) {
    return error.what();
  }
}

TEST(Engine, Ready_LeaseAndTokenAreInPlace_GoneAfterwards) {
  TemporaryDirectory const directory;
  Home const home{directory.path() / "home"};
  {
    Engine const engine{options_for(directory)};
    auto const lease = json::parse(base::read_small_file(home.engine_json()));
    EXPECT_EQ(lease.at("format"), 1);
    EXPECT_EQ(lease.at("pid"), ::getpid());
    EXPECT_EQ(lease.at("endpoint"), engine.endpoint());
    EXPECT_EQ(lease.at("port"), port_of(engine));
    EXPECT_EQ(lease.at("token_file"), home.token_file().string());
    EXPECT_TRUE(lease.at("tls_endpoint").is_null());
    EXPECT_TRUE(lease.at("ca_file").is_null());
    for (auto const& file : {home.engine_json(), home.token_file(), home.identity_json(), home.engine_log()}) {
      struct ::stat facts {};
      ASSERT_EQ(::stat(file.c_str(), &facts), 0) << file;
      EXPECT_EQ(facts.st_mode & 077, 0U) << file;
    }
  }
  EXPECT_FALSE(std::filesystem::exists(home.engine_json()));
  EXPECT_FALSE(lock_holder(home));
}

TEST(Engine, Hello_ProvesTheHomesKey) {
  TemporaryDirectory const directory;
  Engine const engine{options_for(directory)};
  auto const identity = json::parse(base::read_small_file(Home{directory.path() / "home"}.identity_json()));
  std::string const nonce = "00112233445566778899AABBCCDDEEFF";
  auto const response = ask(port_of(engine), "GET", "/engine/v1/hello?nonce=" + nonce);
  EXPECT_EQ(response.status, 200);
  auto const said = json::parse(response.body);
  EXPECT_EQ(said.at("home_id"), identity.at("home_id"));
  EXPECT_EQ(said.at("protocol"), 1);
  EXPECT_EQ(said.at("proof"), base::to_hex(base::hmac_sha256(
                                  base::from_base64(identity.at("hello_key").get<std::string>()).value(), nonce)));
  for (auto const* const bad : {"", "00", "zz112233445566778899aabbccddeeff"})
    EXPECT_EQ(ask(port_of(engine), "GET", "/engine/v1/hello?nonce=" + std::string{bad}).status, 400) << bad;
}

TEST(Engine, StatusAndStop_NeedTheHomesToken) {
  TemporaryDirectory const directory;
  Engine engine{options_for(directory)};
  EXPECT_EQ(ask(port_of(engine), "GET", "/engine/v1/status").status, 401);
  EXPECT_EQ(ask(port_of(engine), "POST", "/engine/v1/stop").status, 401);
  auto const status = json::parse(ask(port_of(engine), "GET", "/engine/v1/status", bearer(engine)).body);
  EXPECT_EQ(status.at("pid"), ::getpid());
  EXPECT_EQ(status.at("active_runs"), 0);
  EXPECT_GE(status.at("connections").get<int>(), 1);
  EXPECT_EQ(ask(port_of(engine), "POST", "/engine/v1/stop", bearer(engine)).status, 202);
  engine.wait_until_idle_or_stopped();
}

TEST(Engine, RoutesOfTheService_AnswerThroughIt) {
  TemporaryDirectory const directory;
  Engine const engine{options_for(directory)};
  auto const workspace = ask(port_of(engine), "GET",
                             "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/"
                             "Microsoft.MachineLearningServices/workspaces/local?api-version=2024-04-01",
                             bearer(engine));
  EXPECT_EQ(workspace.status, 200);
  EXPECT_EQ(json::parse(workspace.body).at("name"), "local");
}

TEST(Engine, Restarted_SamePortSameKeys_TokensGoOn) {
  TemporaryDirectory const directory;
  std::uint16_t port = 0;
  std::string header;
  {
    Engine const engine{options_for(directory)};
    port = port_of(engine);
    header = bearer(engine);
    RawClient client{port};
    client.send("GET /discovery HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n\r\n");
    ASSERT_EQ(client.read().value().status, 200);
  }
  Engine const again{options_for(directory)};
  EXPECT_EQ(port_of(again), port);
  EXPECT_EQ(ask(port, "GET", "/engine/v1/status", header).status, 200);
}

TEST(Engine, SecondOfAHome_IsRefusedAndTheFirstGoesOn) {
  TemporaryDirectory const directory;
  Engine const first{options_for(directory)};
  EXPECT_NE(start_error(options_for(directory))
                .find("an engine is running for this home already (pid " + std::to_string(::getpid())),
            std::string::npos);
  EXPECT_EQ(ask(port_of(first), "GET", "/discovery").status, 200);
  EXPECT_TRUE(std::filesystem::exists(Home{directory.path() / "home"}.engine_json()));
}

TEST(Engine, PortTakenByAStranger_AnotherWithoutRuns_AnErrorWithRuns) {
  TemporaryDirectory const directory, elsewhere;
  std::uint16_t port = 0;
  {
    Engine const engine{options_for(directory)};
    port = port_of(engine);
  }
  auto stranger_options = options_for(elsewhere);
  stranger_options.port = port;
  Engine const stranger{std::move(stranger_options)};
  {
    Engine const engine{options_for(directory)};
    EXPECT_NE(port_of(engine), port);
  }
  Home const home{directory.path() / "home"};
  auto identity = engine::store::open_home(home);
  identity.port = port;
  engine::store::save_identity(home, identity);
  {
    engine::store::Store store{home.database()};
    ASSERT_TRUE(store.add_job({.name = "run_1", .experiment = "e", .definition = "{}"}));
  }
  auto const error = start_error(options_for(directory));
  EXPECT_NE(error.find(std::to_string(port)), std::string::npos) << error;
  EXPECT_NE(error.find("pid " + std::to_string(::getpid())), std::string::npos) << error;
}

TEST(Engine, PortAskedForIsTaken_AnErrorNamingTheHolder) {
  TemporaryDirectory const directory, elsewhere;
  Engine const holder{options_for(elsewhere)};
  auto options = options_for(directory);
  options.port = port_of(holder);
  auto const error = start_error(std::move(options));
  EXPECT_NE(error.find("taken by pid " + std::to_string(::getpid())), std::string::npos) << error;
  EXPECT_FALSE(lock_holder(Home{directory.path() / "home"}));
}

TEST(Engine, Idle_EndsOnlyWhenNobodyIsAttached) {
  TemporaryDirectory const directory;
  Home const home{directory.path() / "home"};
  auto options = options_for(directory);
  options.idle_exit = 1s;
  auto engine = std::make_unique<Engine>(std::move(options));
  auto attached = base::open_file(home.attached_lock(), O_RDWR | O_CREAT);
  ASSERT_EQ(::flock(attached.get(), LOCK_SH | LOCK_NB), 0);
  std::atomic<bool> ended = false;
  std::thread waiter([&] {
    engine->wait_until_idle_or_stopped();
    ended = true;
  });
  RawClient client{port_of(*engine)};
  EXPECT_TRUE(client.silent_for(1300ms));
  EXPECT_FALSE(ended);
  attached.reset();
  waiter.join();
  auto const late = base::open_file(home.attached_lock(), O_RDWR);
  EXPECT_NE(::flock(late.get(), LOCK_SH | LOCK_NB), 0) << "nobody attaches to an engine that leaves";
  engine.reset();
  EXPECT_EQ(::flock(late.get(), LOCK_SH | LOCK_NB), 0);
}

TEST(Engine, BadStore_IsOneErrorAndLeavesNothingRunning) {
  TemporaryDirectory const directory;
  Home const home{directory.path() / "home"};
  (void)engine::store::open_home(home);
  directory.write("home/store.db",
                  "this is no database, though it is long enough to be taken for one by its size alone");
  EXPECT_NE(start_error(options_for(directory)).find("store.db"), std::string::npos);
  EXPECT_FALSE(lock_holder(home));
  EXPECT_FALSE(std::filesystem::exists(home.engine_json()));
}

/// `azureml engine serve` in a process of its own.
class Served {
 public:
  explicit Served(std::filesystem::path const& home) {
    std::array<int, 2> out{};
    if (::pipe(out.data()) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], 1);
      ::close(out[0]);
      ::close(out[1]);
      int code = 1;
      try {
        code = serve({.home = home, .program = "/bin/false", .idle_exit = 0s});
      } catch (std::exception const& error) {
        (void)!::write(2, error.what(), std::strlen(error.what()));
      }
      ::_exit(code);
    }
    ::close(out[1]);
    out_.reset(out[0]);
    char byte = 0;
    while (line_.find('\n') == std::string::npos && ::read(out_.get(), &byte, 1) == 1) line_ += byte;
  }
  ~Served() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      (void)wait();
    }
  }
  [[nodiscard]] json line() const { return json::parse(line_); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The exit code; -1 after a signal.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
  base::UniqueFd out_{};
  std::string line_{};
};

TEST(Serve, PrintsOneLine_StatusAndTokenAreRead_StopEndsIt) {
  TemporaryDirectory const directory;
  auto const home = directory.path() / "home";
  EXPECT_EQ(read_status(home).state, EngineStatus::State::stopped);
  EXPECT_FALSE(stop_engine(home));
  EXPECT_THROW((void)read_token(home), std::runtime_error);
  Served served{home};
  auto const line = served.line();
  EXPECT_EQ(line.at("pid"), served.pid());
  EXPECT_TRUE(line.at("endpoint").get<std::string>().starts_with("http://127.0.0.1:"));
  EXPECT_EQ(line.size(), 5U);
  auto const status = read_status(home);
  EXPECT_EQ(status.state, EngineStatus::State::running);
  EXPECT_EQ(status.pid, served.pid());
  EXPECT_EQ(status.endpoint, line.at("endpoint").get<std::string>());
  EXPECT_EQ(status.active_runs, 0U);
  EXPECT_EQ(read_token(home) + '\n', base::read_small_file(line.at("token_file").get<std::string>()));
  std::thread stopper([&] { EXPECT_TRUE(stop_engine(home)); });
  EXPECT_EQ(served.wait(), 0);
  stopper.join();
  EXPECT_EQ(read_status(home).state, EngineStatus::State::stopped);
  EXPECT_FALSE(std::filesystem::exists(Home{home}.engine_json()));
}

TEST(Serve, Killed_LeavesALeaseNobodyBelieves_AndTheNextTakesOver) {
  TemporaryDirectory const directory;
  auto const home = directory.path() / "home";
  json first;
  {
    Served served{home};
    first = served.line();
  }
  EXPECT_TRUE(std::filesystem::exists(Home{home}.engine_json()));
  EXPECT_EQ(read_status(home).state, EngineStatus::State::stopped);
  EXPECT_THROW((void)read_token(home), std::runtime_error);
  Served again{home};
  EXPECT_EQ(again.line().at("endpoint"), first.at("endpoint"));
}

TEST(Control, EngineInThisProcess_IsNotSignalled) {
  TemporaryDirectory const directory;
  Engine const engine{options_for(directory)};
  EXPECT_EQ(read_status(directory.path() / "home").state, EngineStatus::State::running);
  EXPECT_THROW((void)stop_engine(directory.path() / "home"), std::runtime_error);
}

TEST(Control, StrangerOnTheEnginesPort_IsShownNoToken) {
  TemporaryDirectory const directory, elsewhere;
  Engine const engine{options_for(directory)};
  Engine const stranger{options_for(elsewhere)};
  Home const home{directory.path() / "home"};
  auto lease = read_lease(home).value();
  lease.port = port_of(stranger);
  write_lease(home, lease);
  auto const status = read_status(home.root);
  EXPECT_EQ(status.state, EngineStatus::State::unresponsive);
  EXPECT_FALSE(status.active_runs);
}

}  // namespace
}  // namespace azureml::tests
