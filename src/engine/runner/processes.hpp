#pragma once
#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// One process as /proc tells it.
struct ProcessInfo {
  pid_t pid = 0, parent = 0, group = 0;
  char state = '?';
  std::uint64_t start_time = 0;  ///< Clock ticks since boot; with the pid and the boot id it names a process for ever.
};

std::optional<ProcessInfo> process_info(pid_t pid);
std::string boot_id();                  ///< Changes with each boot of the machine.
base::UniqueFd open_process(pid_t pid);  ///< pidfd_open; empty when there is no such process.

/// What belongs to a run.
struct ProcessScope {
  std::string run_id{};            ///< Every own process whose environment holds AZUREML_RUN_ID=<run_id>.
  pid_t group = 0;                 ///< The recorded process group, if `group_start_time` is its leader's; 0: none.
  std::uint64_t group_start_time = 0;
  bool descendants = false;        ///< Every descendant of this process (which is a child subreaper).
};

/// All living processes of the scope (no zombies, not this process), found with one pass over /proc.
std::vector<pid_t> find_processes(ProcessScope const& scope);
/// Sends a signal to all of them. @returns how many were found
std::size_t signal_processes(ProcessScope const& scope, int signal);
/// SIGTERM to all, `grace` for them to go, then SIGKILL until none is left. Waits on pidfds, reaps own children.
/// @returns true when nothing is left, false when something withstood SIGKILL for `patience`
bool end_processes(ProcessScope const& scope, std::chrono::milliseconds grace, std::chrono::milliseconds patience);
/// True when this process has no child left, dead or alive. Reaps the dead ones.
bool no_children_left();

}  // namespace azureml::engine::runner
