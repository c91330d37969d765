// A server or GUI with its own event loop: many runs, no thread for each of them, and the library prints nothing
// itself. usage: training_desk SOURCE-DIRECTORY RUNS
#include <azureml/azureml.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace {

using Task = std::function<void()>;

/// Stands for Qt, asio or GLib: one thread takes tasks.
class EventLoop {
 public:
  void post(Task task) {
    std::lock_guard const lock(mutex_);
    tasks_.push_back(std::move(task));
    ready_.notify_one();
  }
  void run() {
    while (!quit_) {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return !tasks_.empty(); });
      auto const task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }
  void quit() { quit_ = true; }  // from within a task

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Task> tasks_;
  bool quit_ = false;
};

/// Lives on the loop's thread, and all its callbacks with it. What blocks (submitting) has a thread of its own.
class TrainingDesk {
 public:
  TrainingDesk(EventLoop& loop, azureml::Experiment const& experiment, std::string const& source, int runs)
      : loop_(loop),
        open_(runs),
        monitor_({.executor = [&loop](Task task) { loop.post(std::move(task)); },
                  .latency = std::chrono::milliseconds(200)}) {
    submitting_ = std::jthread([=, this](std::stop_token const& stop) { submit(experiment, source, runs, stop); });
  }
  [[nodiscard]] bool all_well() const { return all_well_; }

 private:
  struct Row {
    std::string log{};
    azureml::RunMonitor::Subscription subscription{};
  };

  void submit(azureml::Experiment const& experiment, std::string const& source, int runs, std::stop_token const& stop) {
    for (int seed = 1; seed <= runs; ++seed) {
      auto const name = "seed " + std::to_string(seed);
      try {
        azureml::Estimator const estimator{.source_directory = source,
                                           .script_params = {{"--seed", seed}},
                                           .compute_target = "local",
                                           .entry_script = "train.sh"};
        auto const run = experiment.submit(estimator, {}, {.stop = stop});
        loop_.post([this, run, name] { adopt(run, name); });
      } catch (azureml::Error const& error) {
        loop_.post([this, name, text = std::string(error.what())] { ended(name + ": " + text, false); });
      }
    }
  }

  void adopt(azureml::Run const& run, std::string const& name) {
    rows_[name].subscription = monitor_.watch(
        run,
        {.on_log = [this, name](auto const&, std::string const& text,
                                azureml::LogCursor const&) { rows_[name].log += text; },
         .on_finished =
             [this, name](auto const&, azureml::RunDetails const& details) {
               auto const& log = rows_[name].log;
               ended(name + ": " + std::to_string(std::count(log.begin(), log.end(), '\n')) + " lines, " +
                         details.status.name(),
                     details.status == azureml::RunState::completed);
             },
         .on_trouble = [name](auto const&,
                              azureml::Error const& error) { std::cerr << name << ": " << error.what() << '\n'; }});
  }

  void ended(std::string const& line, bool well) {
    std::cout << line << '\n';
    all_well_ = all_well_ && well;
    if (--open_ == 0) loop_.quit();
  }

  EventLoop& loop_;
  int open_;
  bool all_well_ = true;
  azureml::RunMonitor monitor_;
  std::map<std::string, Row> rows_;  // after the monitor: the subscriptions end first
  std::jthread submitting_;
};

}  // namespace

int main(int argc, char** argv) try {
  int const runs = argc == 3 ? std::atoi(argv[2]) : 0;
  if (runs < 1) {
    std::cerr << "usage: training_desk SOURCE-DIRECTORY RUNS\n";
    return 2;
  }
  EventLoop loop;
  TrainingDesk const desk(loop, azureml::Workspace::local().experiment("desk"), argv[1], runs);
  loop.run();
  return desk.all_well() ? 0 : 3;
} catch (azureml::Error const& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
