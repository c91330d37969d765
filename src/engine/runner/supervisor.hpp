#pragma once
#include "base/unique_fd.hpp"
#include "engine/runner/child_wait.hpp"
#include "engine/runner/data_inputs.hpp"
#include "engine/runner/environments.hpp"
#include "engine/runner/journal.hpp"
#include "engine/runner/results.hpp"
#include "engine/runner/run_failure.hpp"
#include "engine/runner/run_paths.hpp"
#include "engine/runner/run_spec.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// One attempt at one run, from its first journal record to its last. Its process does nothing else.
class Supervisor {
 public:
  Supervisor(RunPaths paths, RunSpec spec);
  void run();  ///< Returns after `ended`. @throws std::exception only when the journal itself cannot be written

 private:
  void prepare_and_run();
  void check_names() const;
  void make_working_directory();
  PreparedData make_data();
  void launch(std::string const& command, PreparedEnvironment const& environment, PreparedData const& data);
  void await_script();
  PreparedEnvironment make_environment();
  int run_tool(SpawnRequest const& request);
  void wait_for_lock(int fd, int operation);
  void follow_files();
  void sweep();
  void finish();
  void store_outputs();
  void collect_results();
  void register_outputs();
  void clear();
  void stopped(Stop why);
  void failed(RunError error);

  RunPaths paths_;
  RunSpec spec_;
  ChildWait wait_;
  JournalWriter journal_;
  Results results_;
  std::vector<std::string> warnings_{};
  std::vector<std::string> host_{};
  std::optional<RunError> error_{};
  std::string command_{};
  std::set<std::string> outputs_with_files_{};
  std::string kept_{};  ///< Why the data of outputs stays in the run's folder.
  pid_t script_ = 0;
  std::uint64_t script_start_time_ = 0;
  bool canceled_ = false, building_ = false;
};

}  // namespace azureml::engine::runner
