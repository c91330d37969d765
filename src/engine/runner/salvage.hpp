#pragma once
#include "engine/runner/fold.hpp"
#include "engine/runner/run_failure.hpp"
#include "engine/runner/run_paths.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// A run whose supervisor is dead. The caller holds its lock, so nobody else works in its folder.
struct LostRun {
  std::string run_id{};
  RunPaths paths{};
  RunProcesses processes{};
  std::string damage{};                        ///< Why the journal cannot be read further; empty: it can.
  std::chrono::milliseconds grace{5000};
  bool keep_working_directory = false;
};

struct Salvaged {
  RunError error{};
  std::vector<std::string> warnings{};
};

/// Ends what is left of the run (blocks until nothing is), keeps its outputs and logs as far as they came, removes its working directory.
/// `go_on` is asked between rounds; false gives up. @returns why the run is lost
Salvaged salvage(LostRun const& run, std::function<bool()> const& go_on);

}  // namespace azureml::engine::runner
