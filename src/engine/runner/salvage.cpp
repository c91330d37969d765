#include "engine/runner/salvage.hpp"

#include "engine/runner/data_outputs.hpp"
#include "engine/runner/files.hpp"
#include "engine/runner/processes.hpp"
#include "engine/runner/results.hpp"
#include "engine/runner/run_spec.hpp"

#include <system_error>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::seconds kPatience{2};

std::string reason(LostRun const& run, bool rebooted) {
  if (rebooted) return "the machine was restarted while it was running";
  if (!run.damage.empty()) return "its supervisor has ended and its journal cannot be trusted (" + run.damage + ")";
  if (run.processes.any_record) return "its supervisor was killed or has crashed";
  auto said = tail_of(run.paths.supervisor_log(), 500);
  while (said.ends_with('\n')) said.pop_back();
  return "its supervisor has ended before it had begun" + (said.empty() ? std::string{} : " (" + said + ")");
}

/// What the script had left for its outputs becomes blobs, as at a normal end. @returns false when some of it stays where it is
bool store_outputs(LostRun const& run, std::vector<std::string>& warnings) {
  std::error_code error;
  if (!fs::exists(run.paths.data(), error)) return true;
  try {
    auto const spec = read_run_spec(run.paths.spec());
    DataOutputs outputs(run.paths, spec.data_outputs);
    outputs.store_all();
    for (auto const& warning : outputs.warnings()) warnings.push_back(warning);
    if (outputs.failure().empty()) return true;
    warnings.push_back(outputs.failure());
  } catch (std::exception const& failure) {
    warnings.push_back(std::string("its outputs could not be stored: ") + failure.what() + "; they lie in '" + (run.paths.data() / "out").string() + "'");
  }
  return false;
}

}  // namespace

Salvaged salvage(LostRun const& run, std::function<bool()> const& go_on) {
  bool const rebooted = !run.processes.boot_id.empty() && run.processes.boot_id != boot_id();
  Salvaged result;
  if (!rebooted) {
    ProcessScope const scope{.run_id = run.run_id, .group = run.processes.group, .group_start_time = run.processes.group_start_time};
    while (!end_processes(scope, run.grace, kPatience) && go_on()) {
    }
  }
  result.error = {.code = "SupervisorLost",
                  .message = "Run '" + run.run_id + "' is lost: " + reason(run, rebooted) + ". What it had written to outputs and logs is kept; submit it again.",
                  .phase = "supervising",
                  .last_output = tail_of(run.paths.std_log())};
  bool const stored = store_outputs(run, result.warnings);
  std::error_code error;
  if (fs::exists(run.paths.work(), error)) {
    Results results(run.paths);
    results.collect_all(!run.keep_working_directory);
    for (auto const& warning : results.warnings()) result.warnings.push_back(warning);
    if (!results.failure().empty()) result.warnings.push_back(results.failure());
    if (!run.keep_working_directory) remove_tree(run.paths.work());
  }
  remove_tree(run.paths.scratch());
  remove_tree(stored ? run.paths.data() : run.paths.data() / "in");
  return result;
}

}  // namespace azureml::engine::runner
