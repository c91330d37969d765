#include "unit/runner/supervised_run.hpp"

#include "base/uuid.hpp"
#include "engine/runner/processes.hpp"
#include "engine/runner/spawn.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

namespace azureml::test {

using namespace engine::runner;
namespace fs = std::filesystem;

SupervisedRun::SupervisedRun(std::string const& command) {
  spec.run_id = "t" + base::random_hex(12);
  spec.attempt_id = "attempt";
  spec.command = command;
  spec.environments = (home() / "environments").string();
  spec.cancel_grace = std::chrono::milliseconds(200);
  paths.root = home() / "runs" / spec.run_id;
  fs::create_directories(paths.artifacts());
}

SupervisedRun::~SupervisedRun() {
  if (supervisor_ > 0 && !exited_) {
    ::kill(supervisor_, SIGKILL);
    wait_exit();
  }
  end_processes({.run_id = spec.run_id}, std::chrono::milliseconds(0), std::chrono::seconds(10));
}

void SupervisedRun::start() {
  write_run_spec(paths.spec(), spec);
  replace_small_file(paths.attempt(), current_attempt);
  exited_ = false;
  auto environment = current_environment();
  if (!first_path.empty())
    for (auto& entry : environment)
      if (entry.starts_with("PATH=")) entry.insert(5, first_path + ":");
  supervisor_ = spawn({.program = SUPERVISE_HELPER, .arguments = {"azureml", "supervise", paths.root.string()}, .environment = environment});
}

int SupervisedRun::wait_exit() {
  if (exited_) return status_;
  while (::waitpid(supervisor_, &status_, 0) < 0 && errno == EINTR) {
  }
  exited_ = true;
  return status_;
}

template <class Condition>
bool SupervisedRun::wait_until(Condition condition) {
  base::UniqueFd const watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  auto const supervisor = open_process(supervisor_);
  for (int round = 0; round < 10'000; ++round) {
    std::error_code error;
    for (auto const& folder : {paths.root, paths.user_logs(), paths.artifacts() / "logs", paths.artifacts() / "outputs", paths.artifacts()})
      if (fs::exists(folder, error)) ::inotify_add_watch(watch.get(), folder.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO);
    if (condition()) return true;
    pollfd polls[2]{{watch.get(), POLLIN, 0}, {supervisor.get(), POLLIN, 0}};
    if (::poll(polls, 2, 30'000) <= 0) return false;
    if ((polls[1].revents & POLLIN) != 0) return condition();
    char block[4096];
    while (::read(watch.get(), block, sizeof block) > 0) {
    }
  }
  return false;
}

nlohmann::json SupervisedRun::wait_event(std::string const& event) {
  nlohmann::json found;
  wait_until([&] {
    for (auto const& record : JournalReader(paths.journal()).read())
      if (record.event == event) found = nlohmann::json::parse(record.text);
    return !found.is_null();
  });
  return found;
}

bool SupervisedRun::wait_text(std::string const& file, std::string const& text) {
  return wait_until([&] { return read_text(paths.root / file).find(text) != std::string::npos; });
}

nlohmann::json SupervisedRun::run() {
  start();
  wait_exit();
  return last();
}

void SupervisedRun::cancel() { replace_small_file(paths.cancel(), ""); }
void SupervisedRun::kill(int signal) { ::kill(supervisor_, signal); }

std::vector<std::string> SupervisedRun::events() const {
  std::vector<std::string> result;
  for (auto const& record : JournalReader(paths.journal()).read()) result.push_back(record.event);
  return result;
}

nlohmann::json SupervisedRun::last() const {
  auto const records = JournalReader(paths.journal()).read();
  return records.empty() ? nlohmann::json() : nlohmann::json::parse(records.back().text);
}

bool SupervisedRun::process_left() const { return !find_processes({.run_id = spec.run_id}).empty(); }

}  // namespace azureml::test
