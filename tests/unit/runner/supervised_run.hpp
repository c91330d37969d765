#pragma once
#include "base/unique_fd.hpp"
#include "engine/runner/journal.hpp"
#include "engine/runner/run_paths.hpp"
#include "engine/runner/run_spec.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace azureml::test {

/// A run in a home of its own, with a real supervisor process.
class SupervisedRun {
 public:
  explicit SupervisedRun(std::string const& command);
  ~SupervisedRun();  ///< Ends what is left.
  engine::runner::RunSpec spec{};
  std::string current_attempt{"attempt"};  ///< What the engine has written as the attempt that may run.
  std::string first_path{};  ///< Goes before PATH of the supervisor.
  void start();
  /// Waits until the journal has a record of the event (by inotify). @returns it, null when the supervisor ended without
  nlohmann::json wait_event(std::string const& event);
  /// Waits until a file below the run's directory holds the text.
  bool wait_text(std::string const& file, std::string const& text);
  int wait_exit();         ///< Of the supervisor.
  nlohmann::json run();    ///< start, wait_exit, the last record
  void cancel();
  void kill(int signal);   ///< To the supervisor.
  [[nodiscard]] std::vector<std::string> events() const;
  [[nodiscard]] nlohmann::json last() const;
  [[nodiscard]] std::string artifact(std::string const& name) const { return read_text(paths.artifacts() / name); }
  [[nodiscard]] bool process_left() const;
  engine::runner::RunPaths paths{};
  [[nodiscard]] std::filesystem::path const& home() const noexcept { return directory_.path(); }

 private:
  template <class Condition>
  bool wait_until(Condition condition);
  TemporaryDirectory directory_{};
  pid_t supervisor_ = 0;
  bool exited_ = false;
  int status_ = -1;
};

}  // namespace azureml::test
