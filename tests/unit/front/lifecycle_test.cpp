#include "engine/front/lifecycle.hpp"

#include "engine/front/engine_log.hpp"
#include "engine/front/keeper.hpp"
#include "engine/front/listener.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <utility>

namespace azureml::tests {
namespace {

using namespace std::chrono_literals;
using namespace engine::front;
using engine::store::Home;
using test::TemporaryDirectory;

/// A process that holds a home's lock until it is told to go on.
class Holder {
 public:
  Holder(Home const& home, bool leaving) {
    std::array<int, 2> ready{}, go{};
    if (::pipe(ready.data()) != 0 || ::pipe(go.data()) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(go[1]);
      auto* const lock = new EngineLock(home);
      if (leaving) lock->say_leaving();
      char byte = 'r';
      (void)!::write(ready[1], &byte, 1);
      (void)!::read(go[0], &byte, 1);  // Until the other end is closed.
      ::_exit(0);
    }
    ::close(ready[1]);
    ::close(go[0]);
    char byte = 0;
    (void)!::read(ready[0], &byte, 1);
    ::close(ready[0]);
    go_.reset(go[1]);
  }
  ~Holder() { end(); }
  void end() {
    go_.reset();
    if (pid_ > 0) ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }
  void let_go() { go_.reset(); }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  base::UniqueFd go_{};
};

std::string lock_error(Home const& home) {
  try {
    EngineLock const lock{home};
    return {};
  } catch (std::runtime_error const& error) {
    return error.what();
  }
}

TEST(EngineLock, Taken_NamesTheHolder) {
  TemporaryDirectory const directory;
  Home const home{directory.path()};
  Holder holder{home, false};
  EXPECT_NE(
      lock_error(home).find("an engine is running for this home already (pid " + std::to_string(holder.pid()) + ","),
      std::string::npos)
      << lock_error(home);
  auto const seen = lock_holder(home);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->pid, holder.pid());
  EXPECT_FALSE(seen->leaving);
  holder.end();
  EXPECT_FALSE(lock_holder(home));
  EXPECT_EQ(lock_error(home), "");
}

TEST(EngineLock, HolderIsLeaving_IsWaitedFor) {
  TemporaryDirectory const directory;
  Home const home{directory.path()};
  Holder holder{home, true};
  EXPECT_TRUE(lock_holder(home).value().leaving);
  std::thread later([&] { holder.let_go(); });
  EXPECT_EQ(lock_error(home), "");
  later.join();
}

TEST(EngineLock, Child_DoesNotInheritIt) {
  TemporaryDirectory const directory;
  Home const home{directory.path()};
  std::array<int, 2> stop{};
  ASSERT_EQ(::pipe(stop.data()), 0);
  pid_t child = -1;
  {
    EngineLock const lock{home};
    child = ::fork();
    if (child == 0) {
      ::close(stop[1]);
      ::dup2(stop[0], 0);
      ::execl("/bin/cat", "cat", nullptr);
      ::_exit(127);
    }
    ::close(stop[0]);
    auto const program = "/proc/" + std::to_string(child) + "/comm";
    while (base::read_small_file(program) != "cat\n") std::this_thread::yield();
  }
  EXPECT_EQ(lock_error(home), "");
  ::close(stop[1]);
  ::waitpid(child, nullptr, 0);
}

TEST(AttachedLock, IsGivenOnlyWhenNobodyIsAttached) {
  TemporaryDirectory const directory;
  Home const home{directory.path()};
  auto client = base::open_file(home.attached_lock(), O_RDWR | O_CREAT);
  ASSERT_EQ(::flock(client.get(), LOCK_SH | LOCK_NB), 0);
  EXPECT_FALSE(lock_out_attached(home));
  client.reset();
  auto const taken = lock_out_attached(home);
  ASSERT_TRUE(taken);
  auto const late = base::open_file(home.attached_lock(), O_RDWR);
  EXPECT_NE(::flock(late.get(), LOCK_SH | LOCK_NB), 0);
}

TEST(LeaseFile, IsReadAsWritten_ForTheOwnerAlone) {
  TemporaryDirectory const directory;
  Home const home{directory.path()};
  EXPECT_FALSE(read_lease(home));
  write_lease(home, {.version = "1.2.3",
                     .boot_id = "b",
                     .endpoint = "http://127.0.0.1:1",
                     .token_file = "/t",
                     .home_id = "h",
                     .pid = 7,
                     .start_time = 9,
                     .port = 1});
  auto const lease = read_lease(home).value();
  EXPECT_EQ(lease.version, "1.2.3");
  EXPECT_EQ(lease.endpoint, "http://127.0.0.1:1");
  EXPECT_EQ(lease.pid, 7);
  EXPECT_EQ(lease.start_time, 9U);
  struct ::stat facts {};
  ASSERT_EQ(::stat(home.engine_json().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0600U);
  directory.write("engine.json", "{\"pid\":");
  EXPECT_FALSE(read_lease(home));
  remove_lease(home);
  EXPECT_FALSE(std::filesystem::exists(home.engine_json()));
}

TEST(Processes, StartTime_TellsProcessesApart) {
  auto const own = process_start_time(::getpid());
  ASSERT_TRUE(own);
  EXPECT_EQ(own, process_start_time(::getpid()));
  EXPECT_NE(own, process_start_time(1));
  EXPECT_FALSE(process_start_time(0x3FFFFFFF));
  EXPECT_EQ(boot_id().size(), 36U);
}

TEST(PortHolder, IsNamed) {
  Listener const listener{0, {}, {}};
  EXPECT_FALSE(port_holder(listener.port())) << "bound, not listening yet";
  base::UniqueFd const fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  ASSERT_EQ(::listen(fd.get(), 1), 0);  // The system chooses a port.
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ASSERT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  auto const holder = port_holder(ntohs(address.sin_port));
  ASSERT_TRUE(holder);
  EXPECT_TRUE(holder->starts_with("pid " + std::to_string(::getpid()) + " (")) << *holder;
}

/// Counts what a keeper does; nobody is attached unless the test says so.
struct Watched {
  std::atomic<bool> busy{false}, attached{false};
  std::atomic<int> tries{0}, renewals{0};
  KeeperDuties duties(std::chrono::milliseconds idle, std::chrono::milliseconds renewal = 1h) {
    auto const began = std::chrono::steady_clock::now();
    return {.idle_exit = idle,
            .token_renewal = renewal,
            .busy = [this] { return busy.load(); },
            .last_request = [began] { return began; },
            .lock_out_attached = [this] { return ++tries, !attached; },
            .renew_token = [this] { ++renewals; },
            .home_is_ours = [] { return true; }};
  }
};

TEST(Keeper, NothingToDo_EndsAfterTheIdleTime) {
  Watched watched;
  auto const began = std::chrono::steady_clock::now();
  Keeper keeper{watched.duties(50ms), {}};
  keeper.wait_until_idle_or_stopped();
  EXPECT_GE(std::chrono::steady_clock::now() - began, 50ms);
  EXPECT_EQ(watched.tries, 1);
}

TEST(Keeper, ActiveRun_ThenAttachedProgram_HoldItUp) {
  Watched watched;
  watched.busy = true;
  watched.attached = true;
  Keeper keeper{watched.duties(10ms), {}};
  std::atomic<bool> ended = false;
  std::thread waiter([&] {
    keeper.wait_until_idle_or_stopped();
    ended = true;
  });
  watched.busy = false;
  while (watched.tries < 2) std::this_thread::yield();
  EXPECT_FALSE(ended);
  watched.attached = false;
  waiter.join();
}

TEST(Keeper, IdleTimeOfZero_NeverEnds_StopDoes) {
  Watched watched;
  Keeper keeper{watched.duties(0ms, 5ms), {}};
  while (watched.renewals < 3) std::this_thread::yield();  // The token is renewed all the same.
  EXPECT_EQ(watched.tries, 0);
  keeper.stop();
  keeper.wait_until_idle_or_stopped();
}

TEST(Keeper, HomeThatIsGone_EndsItAlsoWhenBusy) {
  Watched watched;
  watched.busy = true;
  auto duties = watched.duties(0ms);
  std::atomic<bool> there = true;
  std::atomic<int> looks = 0;
  duties.home_look = 1ms;
  duties.home_is_ours = [&] { return ++looks, there.load(); };
  Keeper keeper{std::move(duties), {}};
  while (looks < 3) std::this_thread::yield();
  there = false;
  keeper.wait_until_idle_or_stopped();
}

TEST(EngineLock, OfAHomeThatWasRemovedOrMadeAnew_IsNoLongerItsLock) {
  TemporaryDirectory const directory;
  Home const home{directory.path() / "home"};
  std::filesystem::create_directory(home.root);
  EngineLock const lock{home};
  EXPECT_TRUE(lock.is_of(home));
  std::filesystem::remove_all(home.root);
  EXPECT_FALSE(lock.is_of(home));
  std::filesystem::create_directory(home.root);
  EngineLock const other{home};
  EXPECT_FALSE(lock.is_of(home));
  EXPECT_TRUE(other.is_of(home));
}

TEST(Keeper, FailingDuty_IsNotTheEnd) {
  Watched watched;
  auto duties = watched.duties(0ms, 1ms);
  std::atomic<int> calls = 0;
  duties.renew_token = [&] {
    ++calls;
    throw std::runtime_error("no space left");
  };
  Keeper keeper{std::move(duties), {}};
  while (calls == 0) std::this_thread::yield();
  keeper.stop();
}

TEST(EngineLog, GrownToItsBound_IsRotatedOnce) {
  TemporaryDirectory const directory;
  auto const path = directory.path() / "engine.log";
  auto const logger = open_engine_log(path, logging::Level::info, 1000);
  for (int i = 0; i < 100; ++i) logger.info("line " + std::to_string(i) + "\nforged line");
  auto older = path;
  older += ".1";
  EXPECT_LE(std::filesystem::file_size(path), 1000U);
  EXPECT_LE(std::filesystem::file_size(older), 1000U);
  EXPECT_NE(base::read_small_file(path).find("line 99 forged line\n"), std::string::npos);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{directory.path()}, {}), 2);
  struct ::stat facts {};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0600U);
}

}  // namespace
}  // namespace azureml::tests
