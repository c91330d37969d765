#include "engine/runner/engine_revival.hpp"

#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

namespace azureml::engine::runner {
namespace {

using namespace std::chrono_literals;

/// A process that holds engine.lock as an engine does.
class FakeEngine {
 public:
  explicit FakeEngine(std::filesystem::path const& home) {
    int ready[2];
    if (::pipe2(ready, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      int const fd = ::open((home / "engine.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
      auto const text = std::to_string(::getpid()) + "\n";
      bool const good = ::flock(fd, LOCK_EX | LOCK_NB) == 0 && ::ftruncate(fd, 0) == 0 && ::write(fd, text.data(), text.size()) > 0;
      (void)!::write(ready[1], good ? "y" : "n", 1);
      for (;;) ::pause();
    }
    ::close(ready[1]);
    char answer = 0;
    if (::read(ready[0], &answer, 1) != 1 || answer != 'y') throw std::runtime_error("the lock could not be taken");
    ::close(ready[0]);
  }
  ~FakeEngine() { end(); }
  FakeEngine(FakeEngine const&) = delete;
  FakeEngine& operator=(FakeEngine const&) = delete;
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

class EngineRevivalTest : public testing::Test {
 protected:
  EngineRevival revival() {
    return EngineRevival(home(), [this](EngineCommand const& command) { started_.push_back(command); });
  }
  [[nodiscard]] std::filesystem::path home() const { return directory_.path(); }
  static bool readable(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    return ::poll(&waiting, 1, 10'000) == 1;
  }
  test::TemporaryDirectory directory_{};
  std::vector<EngineCommand> started_{};
  EngineRevival::Time now_ = std::chrono::steady_clock::now();
};

TEST_F(EngineRevivalTest, EngineKilled_IsStartedAgain) {
  FakeEngine engine{home()};
  auto watch = revival();
  ASSERT_GE(watch.engine_fd(), 0);
  engine.end();
  ASSERT_TRUE(readable(watch.engine_fd()));
  watch.handle(now_);
  ASSERT_EQ(started_.size(), 1U);
  // A program that is no engine of its own is not started again: an engine is.
  EXPECT_EQ(started_[0].arguments, (std::vector<std::string>{"azureml", "engine", "serve", "--home", home().string()}));
}

TEST_F(EngineRevivalTest, EngineKilledAgainWithinAMinute_WaitsForIt) {
  FakeEngine engine{home()};
  auto watch = revival();
  engine.end();
  watch.handle(now_);
  FakeEngine second{home()};
  watch.handle(now_ + 10s);
  ASSERT_GE(watch.engine_fd(), 0);
  EXPECT_FALSE(watch.due());
  second.end();
  watch.handle(now_ + 20s);
  EXPECT_EQ(started_.size(), 1U);
  ASSERT_TRUE(watch.due());
  EXPECT_EQ(*watch.due(), now_ + EngineRevival::kPause);
  watch.handle(*watch.due());
  EXPECT_EQ(started_.size(), 2U);
}

TEST_F(EngineRevivalTest, SeveralSupervisors_StartOneEngine) {
  FakeEngine engine{home()};
  auto first = revival(), second = revival();
  engine.end();
  first.handle(now_);
  second.handle(now_ + 1s);
  EXPECT_EQ(started_.size(), 1U);
}

TEST_F(EngineRevivalTest, EngineThatWasStopped_StaysStopped) {
  for (auto const* const text : {"", "4711 leaving\n"}) {
    directory_.write("engine.lock", text);
    auto watch = revival();
    watch.handle(now_ + 120s);
    EXPECT_TRUE(started_.empty()) << text;
    EXPECT_LT(watch.engine_fd(), 0);
  }
}

TEST_F(EngineRevivalTest, NewEngineAfterAStoppedOne_IsWatched) {
  directory_.write("engine.lock", "");
  auto watch = revival();
  FakeEngine engine{home()};
  directory_.write("lease", "{}");
  std::filesystem::rename(home() / "lease", home() / "engine.json");
  ASSERT_TRUE(readable(watch.home_fd()));
  watch.handle(now_);
  EXPECT_GE(watch.engine_fd(), 0);
  engine.end();
  watch.handle(now_);
  EXPECT_EQ(started_.size(), 1U);
}

TEST_F(EngineRevivalTest, NoHome_NothingIsStartedOrMade) {
  EngineRevival watch(home() / "gone", [this](EngineCommand const& command) { started_.push_back(command); });
  watch.handle(now_);
  EXPECT_TRUE(started_.empty());
  EXPECT_FALSE(std::filesystem::exists(home() / "gone"));
}

}  // namespace
}  // namespace azureml::engine::runner
