#pragma once
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "cli/workspace_options.hpp"

#include <azureml/run.hpp>

namespace azureml::cli {

struct FollowChoice {
  bool show_log = true;   ///< On standard output, byte for byte.
  bool json = false;      ///< The final record on standard output.
};

/// A piece of a log: the script's goes to standard output, that of the service's own steps to standard error when that is a terminal.
void print_log(LogChunk const& chunk, Progress const& progress);

/// Follows a run to its end and returns the exit code for its status. After Ctrl-C the run goes on; how to follow it again or to
/// cancel it is said on standard error.
int follow_to_end(Run const& run, WorkspaceChoice const& workspace, FollowChoice const& choice, Interrupt const& interrupt, Progress& progress);

}  // namespace azureml::cli
